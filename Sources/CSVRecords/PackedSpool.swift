internal import CNumbers

/// A copy of a pipe's bytes, in half the room where they are numbers.
///
/// Bytes are taken in blocks. One of digits and what stands between them is packed two characters to a byte, faster
/// than it could be copied; any other is kept as it is. A byte before each says which it is. Room counts twice: what
/// is written first into memory that is new to the process takes longer than all else that is done to it.
@safe struct PackedSpool: ~Copyable {
  private var spool: Spool
  /// Blocks as they are stored, on their way to the spool or from it; those in `stored` wait.
  private let room: UnsafeMutableRawBufferPointer
  private var stored = 0..<0
  /// A block that is not whole yet, or was asked for in parts; `rest` is what there is of it.
  private let open: UnsafeMutableRawBufferPointer
  private var rest = 0..<0
  private var isComplete = false

  private static let block = 1024
  /// What a block takes at most: the last says its length in two bytes.
  private static let mostStored = block + 3

  private enum Form: UInt8 { case plain, packed, last }

  /// - Parameter memory: bytes that are kept before there is a file.
  init(memory: Int) {
    spool = Spool(memory: memory)
    unsafe room = .allocate(byteCount: 256 * Self.mostStored, alignment: 1)
    unsafe open = .allocate(byteCount: Self.block, alignment: 1)
  }

  deinit {
    unsafe room.deallocate()
    unsafe open.deallocate()
  }

  // MARK: Writing

  mutating func append(_ bytes: UnsafeRawBufferPointer) throws(ReadError) {
    precondition(!isComplete, "a copy that was read takes no more")
    var bytes = unsafe bytes
    while unsafe !bytes.isEmpty {
      let taken = min(Self.block - rest.count, bytes.count)
      let part = unsafe UnsafeRawBufferPointer(rebasing: bytes[..<taken])
      if taken == Self.block {
        unsafe try store(part)
      } else {
        unsafe UnsafeMutableRawBufferPointer(rebasing: open[rest.count...]).copyMemory(from: part)
        rest = 0..<rest.count + taken
        if rest.count == Self.block {
          rest = 0..<0
          unsafe try store(UnsafeRawBufferPointer(open))
        }
      }
      unsafe bytes = UnsafeRawBufferPointer(rebasing: bytes[taken...])
    }
    try handOver()
  }

  /// Takes what there is for all: what does not fill a block is stored, too.
  mutating func complete() throws(ReadError) {
    guard !isComplete else { return }
    isComplete = true
    unsafe try store(UnsafeRawBufferPointer(rebasing: open[rest]))
    try handOver()
    rest = 0..<0
  }

  private mutating func store(_ bytes: UnsafeRawBufferPointer) throws(ReadError) {
    guard unsafe !bytes.isEmpty else { return }
    if unsafe room.count - stored.count < Self.mostStored { try handOver() }
    let out = unsafe room.baseAddress! + stored.count
    let form = unsafe form(bytes)
    unsafe out.storeBytes(of: form.rawValue, as: UInt8.self)
    var taken = 1
    switch form {
    case .packed:
      unsafe cpack_pack(
        bytes.bindMemory(to: UInt8.self).baseAddress!, bytes.count,
        (out + 1).assumingMemoryBound(to: UInt8.self))
      taken += bytes.count / 2
    case .last:
      unsafe out.storeBytes(of: UInt16(bytes.count), toByteOffset: 1, as: UInt16.self)
      taken += 2
      fallthrough
    case .plain:
      unsafe (out + taken).copyMemory(from: bytes.baseAddress!, byteCount: bytes.count)
      taken += bytes.count
    }
    stored = 0..<stored.count + taken
  }

  private func form(_ bytes: UnsafeRawBufferPointer) -> Form {
    guard bytes.count == Self.block else { return .last }
    return unsafe cpack_fits(bytes.bindMemory(to: UInt8.self).baseAddress!, bytes.count) != 0
      ? .packed : .plain
  }

  private mutating func handOver() throws(ReadError) {
    guard !stored.isEmpty else { return }
    unsafe try spool.append(UnsafeRawBufferPointer(rebasing: room[stored]))
    stored = 0..<0
  }

  // MARK: Reading

  mutating func rewind() throws(ReadError) {
    try complete()
    (stored, rest) = (0..<0, 0..<0)
    try spool.rewind()
  }

  /// - Returns: how many bytes were read; 0 at the end.
  mutating func read(into buffer: UnsafeMutableRawBufferPointer) throws(ReadError) -> Int {
    if rest.isEmpty && buffer.count < Self.block {
      rest = unsafe try 0..<unpack(into: open.baseAddress!)
    }
    guard rest.isEmpty else {
      let count = min(rest.count, buffer.count)
      unsafe buffer.copyMemory(
        from: UnsafeRawBufferPointer(rebasing: open[rest.lowerBound..<rest.lowerBound + count]))
      rest = rest.lowerBound + count..<rest.upperBound
      return count
    }
    var done = 0
    while buffer.count - done >= Self.block {
      let count = unsafe try unpack(into: buffer.baseAddress! + done)
      guard count > 0 else { break }
      done += count
    }
    return done
  }

  /// Reads the next block.
  ///
  /// - Parameter target: has room for one.
  /// - Returns: how many bytes it has; 0 at the end.
  private mutating func unpack(into target: UnsafeMutableRawPointer) throws(ReadError) -> Int {
    try refill()
    guard !stored.isEmpty else { return 0 }
    let source = unsafe room.baseAddress! + stored.lowerBound
    var (count, taken) = (Self.block, 1)
    switch unsafe Form(rawValue: source.load(as: UInt8.self))! {
    case .packed:
      unsafe cpack_unpack(
        (source + 1).assumingMemoryBound(to: UInt8.self), count,
        target.assumingMemoryBound(to: UInt8.self))
      taken += count / 2
    case .last:
      count = unsafe Int(source.loadUnaligned(fromByteOffset: 1, as: UInt16.self))
      taken += 2
      fallthrough
    case .plain:
      unsafe target.copyMemory(from: source + taken, byteCount: count)
      taken += count
    }
    stored = stored.lowerBound + taken..<stored.upperBound
    return count
  }

  /// Has a block wait, whole, unless there is none.
  private mutating func refill() throws(ReadError) {
    guard stored.count < Self.mostStored else { return }
    unsafe room.copyMemory(from: UnsafeRawBufferPointer(rebasing: room[stored]))
    stored = 0..<stored.count
    while unsafe stored.count < room.count {
      let more = unsafe try spool.read(
        into: UnsafeMutableRawBufferPointer(rebasing: room[stored.count...]))
      guard more > 0 else { return }
      stored = 0..<stored.count + more
    }
  }
}
