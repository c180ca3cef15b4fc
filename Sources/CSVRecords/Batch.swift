/// A stretch of whole records, cut into pieces that can be worked on at once.
package struct Batch: Sendable {
  /// The bytes; only `range` belongs to this batch.
  let bytes: [UInt8]
  let range: Range<Int>
  let dialect: Dialect
  /// The lines before this batch.
  package let firstLine: Int
  /// Whole records each, in order, covering `range`.
  package let pieces: [Piece]
  /// The records as libcsv found them; nil where the pieces are indexed.
  let table: RecordTable?
  /// Memory for the indexes of pieces.
  let rooms: IndexRooms

  /// A part of a batch.
  package enum Piece: Sendable {
    /// Bytes without a quote, or quoted cleanly: see ``FieldIndex``.
    case indexed(Range<Int>)
    /// Records of the batch's table.
    case records(Range<Int>)
  }

  /// How many bytes the batch has.
  package var count: Int { range.count }
}
