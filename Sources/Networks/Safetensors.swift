import Foundation

/// Named Float32 tensors and metadata in a safetensors file, the format that holds weights without code.
///
/// A file is the header's length (8 bytes, little-endian), a JSON header, and the elements. Reading is strict: it
/// takes what the reference implementation takes, less what the format's text forbids (a name that occurs twice)
/// and what has no use here (another type than Float32, unknown keys). No input crashes it.
///
/// The format allows elements that are not finite, and so does this type: ask ``Entry/isFinite``. A
/// value with a NaN is not equal to itself; compare what is `encoded()` instead.
public struct Safetensors: Hashable, Sendable {
  /// A tensor with its name.
  public struct Entry: Hashable, Sendable {
    /// Its name, unique in a file, such as `hidden.0.weight`.
    public var name: String
    /// Its sizes, outermost first; empty for a single number.
    public var shape: [Int]
    /// As many elements as the product of the shape, the last dimension running fastest.
    public var elements: [Float]

    /// A tensor with its name. `encoded()` checks that the shape and the elements agree.
    public init(name: String, shape: [Int], elements: [Float]) {
      self.name = name
      self.shape = shape
      self.elements = elements
    }

    /// Whether it holds neither an infinity nor a NaN. A trained policy's do not.
    public var isFinite: Bool { elements.allSatisfy(\.isFinite) }
  }

  /// What the file says of itself.
  public var metadata: [String: String]
  /// The tensors: after reading, in the order in which they lie in the file.
  public var entries: [Entry]

  /// The content of a file to be written.
  public init(metadata: [String: String] = [:], entries: [Entry]) {
    self.metadata = metadata
    self.entries = entries
  }

  /// Reads a file.
  ///
  /// - Throws: `SafetensorsError`, which names the file and the tensor, when the file cannot be read or is not
  ///   exactly what the format asks for.
  public init(contentsOf url: URL) throws(SafetensorsError) {
    do throws(SafetensorsError) {
      try self.init(data: Self.bytes(of: url))
    } catch {
      var named = error
      named.path = url.path
      throw named
    }
  }

  /// Reads the bytes of a file.
  ///
  /// - Throws: `SafetensorsError`, which names the tensor, when they are not exactly what the format asks for.
  public init(data bytes: [UInt8]) throws(SafetensorsError) {
    guard bytes.count >= 8 else { throw SafetensorsError(.tooShort(length: bytes.count)) }
    let claimed = bytes[..<8].reversed().reduce(0 as UInt64) { $0 << 8 | UInt64($1) }
    guard claimed <= SafetensorsHeader.maximumLength else {
      throw SafetensorsError(.headerTooLong(length: claimed))
    }
    let length = Int(claimed)
    guard length <= bytes.count - 8 else {
      throw SafetensorsError(.headerBeyondFile(length: length, available: bytes.count - 8))
    }
    let header = try SafetensorsHeader(parsing: bytes[8..<(8 + length)])
    metadata = header.metadata
    entries = try Self.entries(of: header, in: bytes[(8 + length)...])
  }

  /// The tensor of that name; nil when there is none.
  public subscript(name: String) -> Entry? { entries.first { $0.name == name } }

  /// The bytes of the file: the same content gives the same bytes, in whatever order the entries are.
  ///
  /// They are those of the reference implementation: tensors in the order of their names, the header padded with
  /// spaces to a multiple of 8 bytes. Metadata is in the order of its keys, where the reference's order varies.
  ///
  /// - Throws: `SafetensorsError` when this could not be read back: a name that occurs twice or is
  ///   `__metadata__`, a shape that its elements do not fill, a header over 100 MB.
  public func encoded() throws(SafetensorsError) -> [UInt8] {
    var members: [String] = []
    if !metadata.isEmpty {
      let pairs = metadata.sorted { precedes($0.key, $1.key) }.map { quoted($0.key) + ":" + quoted($0.value) }
      members.append("\"\(SafetensorsHeader.metadataKey)\":{\(pairs.joined(separator: ","))}")
    }
    let sorted = entries.sorted { precedes($0.name, $1.name) }
    try checkWritable(sorted)
    var begin = 0
    for entry in sorted {
      let end = begin + 4 * entry.elements.count
      let shape = entry.shape.map(String.init).joined(separator: ",")
      members.append(
        "\(quoted(entry.name)):{\"dtype\":\"F32\",\"shape\":[\(shape)],\"data_offsets\":[\(begin),\(end)]}")
      begin = end
    }
    var header = Array("{\(members.joined(separator: ","))}".utf8)
    header += Array(repeating: UInt8(ascii: " "), count: (8 - header.count % 8) % 8)
    guard header.count <= SafetensorsHeader.maximumLength else {
      throw SafetensorsError(.headerTooLong(length: UInt64(header.count)))
    }

    var bytes: [UInt8] = []
    bytes.reserveCapacity(8 + header.count + begin)
    bytes += (0..<8).map { UInt8(truncatingIfNeeded: header.count >> (8 * $0)) }
    bytes += header
    for entry in sorted {
      for element in entry.elements {
        let pattern = element.bitPattern
        bytes.append(UInt8(truncatingIfNeeded: pattern))
        bytes.append(UInt8(truncatingIfNeeded: pattern >> 8))
        bytes.append(UInt8(truncatingIfNeeded: pattern >> 16))
        bytes.append(UInt8(truncatingIfNeeded: pattern >> 24))
      }
    }
    return bytes
  }

  /// Writes a file, whole or not at all.
  ///
  /// - Parameter url: The file. Its folder must exist.
  /// - Throws: `SafetensorsError` as `encoded()` does; `AtomicFile.Failure` when the file cannot be written.
  public func write(to url: URL) throws {
    do {
      try AtomicFile.write(encoded(), to: url)
    } catch var error as SafetensorsError {
      error.path = url.path
      throw error
    }
  }
}

// MARK: - Reading

extension Safetensors {
  private static func bytes(of url: URL) throws(SafetensorsError) -> [UInt8] {
    do {
      return [UInt8](try Data(contentsOf: url))
    } catch {
      // What the system said is plainer than Foundation's words for it.
      let cause = (error as NSError).userInfo[NSUnderlyingErrorKey] as? POSIXError
      let reason = cause.map { String(cString: strerror($0.code.rawValue)) } ?? error.localizedDescription
      throw SafetensorsError(.unreadable(reason: reason))
    }
  }

  /// The tensors in the order of their data, which they must cover without a gap.
  ///
  /// That each byte belongs to one tensor keeps a file from being another kind of file as well.
  private static func entries(
    of header: SafetensorsHeader, in data: ArraySlice<UInt8>
  ) throws(SafetensorsError) -> [Entry] {
    let tensors = header.tensors.sorted {
      // An empty tensor begins where the next one does and stands before it; names decide between empty ones.
      ($0.begin, $0.end) != ($1.begin, $1.end)
        ? ($0.begin, $0.end) < ($1.begin, $1.end) : precedes($0.name, $1.name)
    }
    var entries: [Entry] = []
    var position = 0
    for tensor in tensors {
      if let problem = problem(with: tensor, after: position, available: data.count) {
        throw SafetensorsError(tensor: tensor.name, problem)
      }
      let bytes = data[(data.startIndex + tensor.begin)..<(data.startIndex + tensor.end)]
      entries.append(Entry(name: tensor.name, shape: tensor.shape, elements: elements(of: bytes)))
      position = tensor.end
    }
    guard position == data.count else { throw SafetensorsError(.uncovered(from: position, to: data.count)) }
    return entries
  }

  private static func problem(
    with tensor: SafetensorsHeader.Tensor, after position: Int, available: Int
  ) -> SafetensorsError.Problem? {
    let (begin, end, shape) = (tensor.begin, tensor.end, tensor.shape)
    guard tensor.type == "F32" else { return .unsupportedType(tensor.type) }
    guard begin <= end else { return .offsetsReversed(begin: begin, end: end) }
    guard end <= available else { return .offsetsOutOfRange(begin: begin, end: end, available: available) }
    guard begin >= position else { return .overlap(begin: begin, previousEnd: position) }
    guard begin == position else { return .hole(from: position, to: begin) }
    guard let needed = elementCount(of: shape)?.multipliedReportingOverflow(by: 4), !needed.overflow else {
      return .shapeTooLarge(shape: shape)
    }
    guard needed.partialValue == end - begin else {
      return .sizeMismatch(shape: shape, needed: needed.partialValue, given: end - begin)
    }
    return nil
  }

  private static func elements(of bytes: ArraySlice<UInt8>) -> [Float] {
    stride(from: bytes.startIndex, to: bytes.endIndex, by: 4).map { index in
      let low = UInt32(bytes[index]) | UInt32(bytes[index + 1]) << 8
      let high = UInt32(bytes[index + 2]) | UInt32(bytes[index + 3]) << 8
      return Float(bitPattern: low | high << 16)
    }
  }
}

// MARK: - Writing

extension Safetensors {
  private func checkWritable(_ sorted: [Entry]) throws(SafetensorsError) {
    var names: Set<String> = []
    for entry in sorted {
      guard entry.name != SafetensorsHeader.metadataKey else {
        throw SafetensorsError(tensor: entry.name, .reservedName)
      }
      guard names.insert(entry.name).inserted else {
        throw SafetensorsError(tensor: entry.name, .duplicateName)
      }
      if let negative = entry.shape.first(where: { $0 < 0 }) {
        throw SafetensorsError(tensor: entry.name, .notCount(key: "shape", number: "\(negative)"))
      }
      guard let count = elementCount(of: entry.shape) else {
        throw SafetensorsError(tensor: entry.name, .shapeTooLarge(shape: entry.shape))
      }
      guard count == entry.elements.count else {
        throw SafetensorsError(
          tensor: entry.name, .elementCountMismatch(shape: entry.shape, count: entry.elements.count))
      }
    }
  }
}

/// The product of sizes that are not negative; nil when it is too large.
///
/// Also nil when only a zero makes it small, as in [0, 2⁶², 2⁶²]: who computes strides would overflow.
private func elementCount(of shape: [Int]) -> Int? {
  var product = 1
  for size in shape where size != 0 {
    let (next, overflow) = product.multipliedReportingOverflow(by: size)
    guard !overflow else { return nil }
    product = next
  }
  return shape.contains(0) ? 0 : product
}

/// The order of names in a file, that of their bytes. Swift's own order of text is another.
private func precedes(_ left: String, _ right: String) -> Bool {
  left.utf8.lexicographicallyPrecedes(right.utf8)
}

/// Text as a JSON string. Only what JSON does not allow as it is, is escaped, as the reference does.
private func quoted(_ text: String) -> String {
  var result = "\""
  for scalar in text.unicodeScalars {
    if scalar.value >= 0x20, scalar != "\"", scalar != "\\" {
      result.unicodeScalars.append(scalar)
    } else if let escape = JSONEscapes.short.first(where: { $0.scalar == scalar }) {
      result += "\\\(escape.mark)"
    } else {
      let digits = String(scalar.value, radix: 16)
      result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
    }
  }
  return result + "\""
}
