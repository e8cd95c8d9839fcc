/// The header of a safetensors file: what its tensors are and where their bytes lie.
///
/// The header is JSON of a known form, and is read by a parser for that form alone. A general one would take what
/// must not be taken (a name that occurs twice, 2.0 as a size), and could be sent into deep recursion.
struct SafetensorsHeader {
  /// The format's limit on the header, in bytes, as in the reference implementation.
  static let maximumLength = 100_000_000

  /// The key that is not a tensor's name.
  static let metadataKey = "__metadata__"

  /// What the header says of a tensor, in terms of the format but not yet compared with the file.
  struct Tensor {
    var name: String
    var type: String
    var shape: [Int]
    /// Where the data lies in what follows the header, in bytes.
    var begin: Int
    var end: Int
  }

  private(set) var metadata: [String: String] = [:]
  /// In the order of the header, which need not be that of the data.
  private(set) var tensors: [Tensor] = []

  /// - Parameter bytes: The header, without its length.
  /// - Throws: `SafetensorsError` when it is anything but a header as the format describes it.
  init(parsing bytes: ArraySlice<UInt8>) throws(SafetensorsError) {
    guard let text = String(validating: bytes, as: UTF8.self) else { throw SafetensorsError(.headerNotText) }
    guard text.utf8.first == UInt8(ascii: "{") else { throw SafetensorsError(.headerNotObject) }
    var scanner = JSONScanner(bytes)
    var names: Set<String> = []
    var hasMetadata = false
    try scanner.scanObject { scanner, name throws(SafetensorsError) in
      if name == Self.metadataKey {
        guard !hasMetadata else { throw SafetensorsError(.duplicateMetadata) }
        hasMetadata = true
        metadata = try Self.scanMetadata(&scanner)
      } else {
        // Swift compares text by its meaning, so two spellings of "é" count as one name. That is stricter than
        // the format, and necessary: nobody could ask for the second of them.
        guard names.insert(name).inserted else { throw SafetensorsError(tensor: name, .duplicateName) }
        do throws(SafetensorsError) {
          tensors.append(try Self.scanTensor(named: name, &scanner))
        } catch {
          throw SafetensorsError(tensor: name, error.problem)
        }
      }
    }
    try scanner.scanEnd()
  }

  private static func scanMetadata(_ scanner: inout JSONScanner) throws(SafetensorsError) -> [String: String]
  {
    var metadata: [String: String] = [:]
    try scanner.scanObject { scanner, key throws(SafetensorsError) in
      guard metadata[key] == nil else { throw SafetensorsError(.duplicateMetadataKey(key)) }
      guard scanner.next == UInt8(ascii: "\"") else { throw SafetensorsError(.metadataNotText(key: key)) }
      metadata[key] = try scanner.scanString()
    }
    return metadata
  }

  private static func scanTensor(
    named name: String, _ scanner: inout JSONScanner
  ) throws(SafetensorsError) -> Tensor {
    var type: String?
    var shape: [Int]?
    var offsets: [Int]?
    try scanner.scanObject { scanner, key throws(SafetensorsError) in
      switch key {
      case "dtype":
        guard type == nil else { throw SafetensorsError(.duplicateKey(key)) }
        type = try scanner.scanString()
      case "shape":
        guard shape == nil else { throw SafetensorsError(.duplicateKey(key)) }
        shape = try scanner.scanCounts(of: key)
      case "data_offsets":
        guard offsets == nil else { throw SafetensorsError(.duplicateKey(key)) }
        offsets = try scanner.scanCounts(of: key)
      default:
        throw SafetensorsError(.unknownKey(key))
      }
    }
    guard let type else { throw SafetensorsError(.missingKey("dtype")) }
    guard let shape else { throw SafetensorsError(.missingKey("shape")) }
    guard let offsets else { throw SafetensorsError(.missingKey("data_offsets")) }
    guard offsets.count == 2 else { throw SafetensorsError(.offsetsNotPair(count: offsets.count)) }
    return Tensor(name: name, type: type, shape: shape, begin: offsets[0], end: offsets[1])
  }
}
