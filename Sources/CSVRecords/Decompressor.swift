internal import CZlib
internal import CZstd

/// Turns gzip or zstd into the bytes that were compressed: one member after the other, as `zcat` and
/// `zstdcat` do.
@safe final class Decompressor {
  @safe private enum Codec {
    /// At a fixed place: zlib keeps its address.
    case gzip(UnsafeMutablePointer<z_stream>)
    case zstd(OpaquePointer)
  }

  private var codec: Codec
  /// Compressed bytes; `next ..< filled` are yet to be taken.
  private var input: [UInt8]
  private var next = 0
  private var filled = 0
  /// Whether the bytes so far end where a member ends.
  private var isBetweenMembers = true

  /// - Parameter magic: the first bytes of the input.
  /// - Returns: nil if they are those of no format that is read.
  init?(magic: [UInt8]) {
    if magic.starts(with: [0x1F, 0x8B]) {
      let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
      unsafe stream.initialize(to: z_stream())
      // 16 + 15: gzip alone, the largest window.
      let outcome = unsafe inflateInit2_(
        stream, 31, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
      precondition(outcome == Z_OK, "inflateInit2 fails only for want of memory")
      codec = unsafe .gzip(stream)
    } else if magic.starts(with: [0x28, 0xB5, 0x2F, 0xFD]), let stream = unsafe ZSTD_createDStream()
    {
      codec = unsafe .zstd(stream)
    } else {
      return nil
    }
    input = Array(repeating: 0, count: 1 << 17)
  }

  deinit {
    switch codec {
    case .gzip(let stream):
      unsafe inflateEnd(stream)
      unsafe stream.deallocate()
    case .zstd(let stream): unsafe ZSTD_freeDStream(stream)
    }
  }

  /// Whether compressed bytes are at hand that were not looked at yet.
  var isPending: Bool { next < filled }

  /// Fills `buffer` as far as one step goes.
  ///
  /// - Parameter pull: reads more compressed bytes; 0 at the end.
  /// - Returns: how many bytes were written; 0 at the end.
  /// - Throws: ``ReadError/truncated``, ``ReadError/damaged``, what `pull` throws.
  func read(
    into buffer: UnsafeMutableRawBufferPointer,
    pull: (UnsafeMutableRawBufferPointer) throws(ReadError) -> Int
  ) throws(ReadError) -> Int {
    while true {
      if next == filled {
        filled = unsafe try CSVRecords.read(into: &input, from: 0, pull)
        next = 0
        if filled == 0 {
          guard isBetweenMembers else { throw .truncated }
          return 0
        }
      }
      let count = unsafe try step(buffer)
      if count > 0 { return count }
    }
  }

  /// Takes some input, gives some output.
  private func step(_ buffer: UnsafeMutableRawBufferPointer) throws(ReadError) -> Int {
    // Zeros behind a member are padding, as tapes and some tools leave it.
    if isBetweenMembers { while next < filled && input[next] == 0 { next += 1 } }
    guard next < filled else { return 0 }
    let (start, end) = (next, filled)
    let outcome: (taken: Int, given: Int, ended: Bool, failed: Bool) =
      unsafe input.withUnsafeMutableBytes { input in
        let bytes = unsafe UnsafeMutableRawBufferPointer(rebasing: input[start..<end])
        switch codec {
        case .gzip(let stream):
          unsafe stream.pointee.next_in = unsafe bytes.baseAddress!.assumingMemoryBound(
            to: UInt8.self)
          unsafe stream.pointee.avail_in = UInt32(bytes.count)
          unsafe stream.pointee.next_out = unsafe buffer.baseAddress!.assumingMemoryBound(
            to: UInt8.self)
          unsafe stream.pointee.avail_out = UInt32(min(buffer.count, Int(UInt32.max)))
          let room = unsafe Int(stream.pointee.avail_out)
          let code = unsafe inflate(stream, Z_NO_FLUSH)
          let taken = unsafe bytes.count - Int(stream.pointee.avail_in)
          let given = unsafe room - Int(stream.pointee.avail_out)
          if code == Z_STREAM_END { unsafe inflateReset(stream) }
          codec = unsafe .gzip(stream)
          return (
            taken, given, code == Z_STREAM_END,
            code != Z_OK && code != Z_STREAM_END && code != Z_BUF_ERROR
          )
        case .zstd(let stream):
          var source = unsafe ZSTD_inBuffer(src: bytes.baseAddress, size: bytes.count, pos: 0)
          var target = unsafe ZSTD_outBuffer(dst: buffer.baseAddress, size: buffer.count, pos: 0)
          let code = unsafe ZSTD_decompressStream(stream, &target, &source)
          return unsafe (source.pos, target.pos, code == 0, ZSTD_isError(code) != 0)
        }
      }
    guard !outcome.failed else { throw .damaged }
    next += outcome.taken
    isBetweenMembers = outcome.ended
    return outcome.given
  }
}
