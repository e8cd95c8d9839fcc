/// Walks over the kinds of JSON that occur in a header: objects, strings and arrays of counts.
struct JSONScanner {
  private let bytes: ArraySlice<UInt8>
  private var position: Int

  /// - Parameter bytes: Valid UTF-8.
  init(_ bytes: ArraySlice<UInt8>) {
    self.bytes = bytes
    position = bytes.startIndex
  }

  /// The byte that is scanned next; nil at the end.
  var next: UInt8? { position < bytes.endIndex ? bytes[position] : nil }

  /// Scans an object; `scanValue` scans what follows each key and its colon.
  mutating func scanObject(
    _ scanValue: (inout JSONScanner, String) throws(SafetensorsError) -> Void
  ) throws(SafetensorsError) {
    try scanList(from: "{", to: "}") { scanner throws(SafetensorsError) in
      let key = try scanner.scanString()
      scanner.skipSpace()
      try scanner.scan(":")
      scanner.skipSpace()
      try scanValue(&scanner, key)
    }
  }

  /// Scans an array of whole numbers from zero up; `key` is what they belong to.
  mutating func scanCounts(of key: String) throws(SafetensorsError) -> [Int] {
    var counts: [Int] = []
    try scanList(from: "[", to: "]") { scanner throws(SafetensorsError) in
      counts.append(try scanner.scanCount(of: key))
    }
    return counts
  }

  /// Scans a string with its quotes and escapes.
  mutating func scanString() throws(SafetensorsError) -> String {
    guard take("\"") else { throw unexpected("a string") }
    var text: [UInt8] = []
    while true {
      let start = position
      while let byte = next, byte >= 0x20, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\") {
        position += 1
      }
      text += bytes[start..<position]
      if take("\"") { break }
      guard take("\\") else { throw unexpected("text or a closing quote") }
      text += UTF8.encode(try scanEscape()).map(Array.init) ?? []
    }
    return String(decoding: text, as: UTF8.self)
  }

  /// Scans space to the end, with which headers are padded.
  mutating func scanEnd() throws(SafetensorsError) {
    skipSpace()
    guard next == nil else { throw unexpected("space up to the header's end") }
  }

  /// Scans what stands between two marks, separated by commas.
  private mutating func scanList(
    from start: Unicode.Scalar, to end: Unicode.Scalar,
    _ scanElement: (inout JSONScanner) throws(SafetensorsError) -> Void
  ) throws(SafetensorsError) {
    try scan(start)
    skipSpace()
    if take(end) { return }
    while true {
      try scanElement(&self)
      skipSpace()
      if take(end) { return }
      guard take(",") else { throw unexpected("',' or '\(end)'") }
      skipSpace()
    }
  }

  private mutating func scanCount(of key: String) throws(SafetensorsError) -> Int {
    let start = position
    while let byte = next, "+-.0123456789Ee".utf8.contains(byte) { position += 1 }
    guard position > start else { throw unexpected("a whole number") }
    let number = String(decoding: bytes[start..<position], as: UTF8.self)
    let isPlain = number.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    // JSON has no leading zeros.
    guard isPlain, number == "0" || !number.hasPrefix("0"), let count = Int(number) else {
      throw SafetensorsError(.notCount(key: key, number: String(number.prefix(40))))
    }
    return count
  }

  /// Scans what follows a backslash.
  private mutating func scanEscape() throws(SafetensorsError) -> Unicode.Scalar {
    for (mark, scalar) in JSONEscapes.short where take(mark) { return scalar }
    guard take("u") else { throw unexpected("an escape that JSON knows") }
    let first = try scanHexadecimal()
    // Above U+FFFF a character is two escapes, a high and a low half.
    guard (0xD800..<0xDC00).contains(first) else {
      guard let scalar = Unicode.Scalar(first) else { throw unexpected("the end of a whole character") }
      return scalar
    }
    try scan("\\")
    try scan("u")
    let second = try scanHexadecimal()
    guard (0xDC00..<0xE000).contains(second),
      let scalar = Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00))
    else { throw unexpected("the end of a whole character") }
    return scalar
  }

  private mutating func scanHexadecimal() throws(SafetensorsError) -> UInt32 {
    var value: UInt32 = 0
    for _ in 0..<4 {
      guard let byte = next, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
        throw unexpected("a hexadecimal digit")
      }
      value = value << 4 | UInt32(digit)
      position += 1
    }
    return value
  }

  private mutating func scan(_ mark: Unicode.Scalar) throws(SafetensorsError) {
    guard take(mark) else { throw unexpected("'\(mark)'") }
  }

  private mutating func take(_ mark: Unicode.Scalar) -> Bool {
    guard next == UInt8(ascii: mark) else { return false }
    position += 1
    return true
  }

  private mutating func skipSpace() {
    while let byte = next, " \t\n\r".utf8.contains(byte) { position += 1 }
  }

  private func unexpected(_ expected: String) -> SafetensorsError {
    SafetensorsError(.unexpected(position: position - bytes.startIndex, expected: expected))
  }
}
