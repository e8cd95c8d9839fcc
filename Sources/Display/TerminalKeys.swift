/// The keys in what a terminal sends.
enum TerminalKeys {
  /// Takes the keys from the front of what was sent.
  ///
  /// - Parameters:
  ///   - bytes: what was sent; the beginning of a sequence stays.
  ///   - isWhole: whether nothing more comes, so that an escape at the end is the key.
  static func take(from bytes: inout [UInt8], isWhole: Bool) -> [ScreenInput] {
    var inputs: [ScreenInput] = []
    var rest = bytes[...]
    while let byte = rest.first {
      if byte == 0x1B {
        guard let length = sequenceLength(rest) else {
          if !isWhole { break }
          inputs.append(.key(.pressed(.escape)))
          rest = rest.dropFirst()
          continue
        }
        if let key = key(ofSequence: rest.prefix(length)) { inputs.append(.key(.pressed(key))) }
        rest = rest.dropFirst(length)
        continue
      }
      rest = rest.dropFirst()
      switch byte {
      case 3, 4: inputs.append(.closed)
      case 9: inputs.append(.key(.pressed(.tab)))
      case 10, 13: inputs.append(.key(.pressed(.enter)))
      case 32: inputs.append(.key(.pressed(.space)))
      case 33...126:
        let letter = Character(Unicode.Scalar(byte)).lowercased()
        inputs.append(.key(.pressed(.character(Character(letter)))))
      default: break
      }
    }
    bytes = Array(rest)
    return inputs
  }

  /// The length of the escape sequence at the front; nil while its end has not come.
  private static func sequenceLength(_ bytes: ArraySlice<UInt8>) -> Int? {
    guard bytes.count > 1 else { return nil }
    let second = bytes[bytes.startIndex + 1]
    switch second {
    case UInt8(ascii: "O"): return bytes.count > 2 ? 3 : nil
    case UInt8(ascii: "["):
      // Parameters, then a final byte.
      guard let end = bytes.dropFirst(2).firstIndex(where: { (0x40...0x7E).contains($0) }) else { return nil }
      return end - bytes.startIndex + 1
    // Escape, then another key.
    default: return 1
    }
  }

  private static func key(ofSequence bytes: ArraySlice<UInt8>) -> Key? {
    if bytes.count == 1 { return .escape }
    switch bytes.last {
    case UInt8(ascii: "A"): return .up
    case UInt8(ascii: "B"): return .down
    case UInt8(ascii: "C"): return .right
    case UInt8(ascii: "D"): return .left
    default: return nil
    }
  }
}
