import CFuzz

// libFuzzer's main would be that of the program; SwiftPM has given it this name.
@_cdecl("FuzzReader_main")
public func main(_ count: CInt, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>)
  -> CInt
{
  var (count, arguments) = (count, arguments)
  return LLVMFuzzerRunDriver(&count, &arguments, take)
}
