import CFuzz

@testable import CSVRecords

/// The reader's fast lane against libcsv: what an input parses to, how it is cut, what a visit sees.
///
/// One reading is as the first bytes of the input ask: dialect, batches, pieces, short reads, a file or a pipe.
/// The other goes through libcsv in one batch. Both must say the same, down to the first fault.
func take(_ data: UnsafePointer<UInt8>?, _ size: Int) -> CInt {
  guard let data, size > Way.length, let way = Way(UnsafeBufferPointer(start: data, count: size))
  else { return -1 }
  let text = UnsafeBufferPointer(start: data + Way.length, count: size - Way.length)
  let fast = Result { () throws(ReadError) in try Reading(text, way, throughTable: false) }
  let table = Result { () throws(ReadError) in try Reading(text, way, throughTable: true) }
  if case .success(let reading) = fast, !reading.isSameTwice {
    disagree(text, way, "the second reading of a pipe differs")
  }
  if fast != table { disagree(text, way, "libcsv reads\n\(table)\nthe fast lane\n\(fast)") }
  guard case .success(let reading) = fast else { return 0 }
  if reading.cutFault == nil, way.keepsAll, way.skipsRagged == false {
    if !reading.cut.elementsEqual(text) { disagree(text, way, "keeping all columns changed bytes") }
  }
  return 0
}

private func disagree(
  _ text: UnsafeBufferPointer<UInt8>, _ way: Way, _ what: String
) -> Never {
  fatalError("\(String(decoding: text, as: UTF8.self).debugDescription)\n\(way)\n\(what)")
}
