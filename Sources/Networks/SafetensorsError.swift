/// Why a safetensors file could not be read, or why a content cannot be one.
///
/// `description` is one line that names the file, the tensor where there is one, and the problem.
public struct SafetensorsError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The file's path; nil when the bytes did not come from a file.
  public var path: String?
  /// The tensor that the problem is about; nil when it is about the file as a whole.
  public var tensor: String?
  /// What is wrong.
  public var problem: Problem

  /// What can be wrong with a file. Lengths and offsets are in bytes.
  public enum Problem: Hashable, Sendable {
    // The file as a whole.
    /// The file could not be opened or read.
    case unreadable(reason: String)
    /// There is no room for the header's length.
    case tooShort(length: Int)
    /// The header is longer than the format allows.
    case headerTooLong(length: UInt64)
    /// The header would end after the file.
    case headerBeyondFile(length: Int, available: Int)
    /// The header is not UTF-8.
    case headerNotText
    /// The header does not start with `{`.
    case headerNotObject
    /// The header is not JSON, or a value in it is of another kind than the format says.
    case unexpected(position: Int, expected: String)
    /// A metadata key occurs twice.
    case duplicateMetadataKey(String)
    /// `__metadata__` occurs twice.
    case duplicateMetadata
    /// A value in the metadata is not a string.
    case metadataNotText(key: String)
    /// The file has bytes that no tensor covers, at its end.
    case uncovered(from: Int, to: Int)

    // One tensor.
    /// Two tensors have the same name.
    case duplicateName
    /// The name is the one that the format keeps for its metadata.
    case reservedName
    /// A key occurs twice in the tensor's description.
    case duplicateKey(String)
    /// The tensor's description has a key that the format does not know.
    case unknownKey(String)
    /// The tensor's description lacks a key.
    case missingKey(String)
    /// The elements are not Float32.
    case unsupportedType(String)
    /// A size or an offset is negative, not whole, or too large for an `Int`.
    case notCount(key: String, number: String)
    /// The sizes multiply to more than an `Int` holds.
    case shapeTooLarge(shape: [Int])
    /// `data_offsets` is not a begin and an end.
    case offsetsNotPair(count: Int)
    /// The tensor would end before it begins.
    case offsetsReversed(begin: Int, end: Int)
    /// The tensor would end after the file.
    case offsetsOutOfRange(begin: Int, end: Int, available: Int)
    /// The tensor begins before the one before it ends.
    case overlap(begin: Int, previousEnd: Int)
    /// There are bytes between the tensor before and this one.
    case hole(from: Int, to: Int)
    /// The shape needs another number of bytes than the offsets give.
    case sizeMismatch(shape: [Int], needed: Int, given: Int)
    /// The shape has another number of elements than there are (when writing).
    case elementCountMismatch(shape: [Int], count: Int)
  }

  init(tensor: String? = nil, _ problem: Problem) {
    self.tensor = tensor
    self.problem = problem
  }

  /// Whether the file could not be opened or read, whatever it holds.
  public var isUnreadable: Bool { if case .unreadable = problem { true } else { false } }

  /// One line that names the file, the tensor where there is one, and the problem.
  public var description: String {
    let place = [path, tensor.map { "tensor \(quoted($0))" }].compactMap(\.self)
    return (place.isEmpty ? ["safetensors"] : place).joined(separator: ": ") + ": " + problem.description
  }
}

extension SafetensorsError.Problem: CustomStringConvertible {
  /// The problem in words, without the file and the tensor.
  public var description: String {
    switch self {
    case .unreadable(let reason):
      "cannot be read: \(reason)"
    case .tooShort(let length):
      "not a safetensors file: it has \(length) bytes, its header's length alone takes 8"
    case .headerTooLong(let length):
      "not a safetensors file, or one of too many tensors: a header of \(length) bytes is over the limit of \(SafetensorsHeader.maximumLength)"
    case .headerBeyondFile(let length, let available):
      "the header should have \(length) bytes, of which the file has \(available)"
    case .headerNotText:
      "the header is not UTF-8"
    case .headerNotObject:
      "the header does not start with '{'"
    case .unexpected(let position, let expected):
      "the header's byte \(position) should be \(expected)"
    case .duplicateMetadataKey(let key):
      "the metadata has the key \(quoted(key)) twice"
    case .duplicateMetadata:
      "the header has __metadata__ twice"
    case .metadataNotText(let key):
      "the metadata's \(quoted(key)) is not a string"
    case .uncovered(let from, let to):
      "no tensor covers the data's last bytes, \(from) to \(to)"
    case .duplicateName:
      "the name occurs twice"
    case .reservedName:
      "the format keeps this name for the metadata"
    case .duplicateKey(let key):
      "the key \(quoted(key)) occurs twice"
    case .unknownKey(let key):
      "the key \(quoted(key)) is unknown"
    case .missingKey(let key):
      "the key \(quoted(key)) is missing"
    case .unsupportedType(let type):
      "elements of type \(quoted(type)) are not supported, only \"F32\" (Float32)"
    case .notCount(let key, let number):
      "\(number) in \"\(key)\" is not a whole number from 0 to \(Int.max)"
    case .shapeTooLarge(let shape):
      "the shape \(abbreviated(shape)) has too many elements to count"
    case .offsetsNotPair(let count):
      "\"data_offsets\" has \(count) numbers, not a begin and an end"
    case .offsetsReversed(let begin, let end):
      "the data begins at \(begin) and ends before, at \(end)"
    case .offsetsOutOfRange(let begin, let end, let available):
      "the data from \(begin) to \(end) is beyond the file's \(available) bytes of data"
    case .overlap(let begin, let previousEnd):
      "the data begins at \(begin), inside of a tensor that ends at \(previousEnd)"
    case .hole(let from, let to):
      "no tensor covers the bytes before its data, \(from) to \(to)"
    case .sizeMismatch(let shape, let needed, let given):
      "the shape \(abbreviated(shape)) needs \(needed) bytes, its offsets give \(given)"
    case .elementCountMismatch(let shape, let count):
      "the shape \(abbreviated(shape)) does not have \(count) elements"
    }
  }
}

/// Text from a file as it can stand in a message: in quotes, on one line, and not longer than a line.
private func quoted(_ text: String) -> String {
  let start = String(text.unicodeScalars.prefix(80))
  return (start == text ? text : start + "…").debugDescription
}

/// A shape as it can stand in a message. A file can claim millions of dimensions.
private func abbreviated(_ shape: [Int]) -> String {
  shape.count <= 8 ? "\(shape)" : "of \(shape.count) dimensions"
}
