import Foundation
import Networks
import TestSupport
import Testing

/// The format, against bytes and a file that the reference implementation wrote (Python package, version 0.8.0).
struct SafetensorsTests {
  // MARK: - Agreement with the reference implementation

  /// What the fixture holds, in the order in which it lies there.
  static let fixtureContent = Safetensors(
    metadata: ["environment": "Gridworld-v1", "note": "line one\nline two — ☃"],
    entries: [
      .init(name: "empty", shape: [0, 3], elements: []),
      .init(name: "hidden.bias", shape: [2], elements: [.infinity, -.infinity]),
      .init(
        name: "hidden.weight", shape: [2, 3],
        elements: [0.5, -1.25, 3, .leastNonzeroMagnitude, -0.0, .greatestFiniteMagnitude]),
      .init(name: "naïve \"name\"/\t\u{1}😀", shape: [1, 1, 1], elements: [7]),
      .init(name: "scale", shape: [], elements: [0.1]),
    ])

  static let fixture = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "Fixtures/from-python.safetensors")

  @Test func readsWhatPythonWrote() throws {
    let file = try Safetensors(contentsOf: Self.fixture)
    #expect(file == Self.fixtureContent)
    // -0 and 0 are equal, their bits are not.
    #expect(file["hidden.weight"]?.elements[4].sign == .minus)
    #expect(file["scale"]?.elements == [0.1])
    #expect(file["absent"] == nil)
    #expect(file.entries.filter { !$0.isFinite }.map(\.name) == ["hidden.bias"])
  }

  @Test func writesTheBytesThatPythonWrites() throws {
    let bytes = try [UInt8](Data(contentsOf: Self.fixture))
    #expect(try Self.fixtureContent.encoded() == bytes)
  }

  @Test func theOrderOfEntriesDoesNotChangeTheBytes() throws {
    var shuffled = Self.fixtureContent
    shuffled.entries.reverse()
    #expect(try shuffled.encoded() == Self.fixtureContent.encoded())
  }

  @Test func aHeaderOfAMultipleOfEightBytesIsNotPadded() throws {
    let header = "{\"attn.0\":{\"dtype\":\"F32\",\"shape\":[1,2,3],\"data_offsets\":[0,24]}}"
    let expected = bytes(header, floats: [0, 1, 2, 3, 4, 5])
    try #require(expected[0] == 64)
    let file = Safetensors(entries: [.init(name: "attn.0", shape: [1, 2, 3], elements: [0, 1, 2, 3, 4, 5])])
    #expect(try file.encoded() == expected)
  }

  @Test func anEmptyFileIsSixteenBytes() throws {
    let bytes: [UInt8] = [8, 0, 0, 0, 0, 0, 0, 0] + Array("{}      ".utf8)
    #expect(try Safetensors(entries: []).encoded() == bytes)
    #expect(try Safetensors(data: bytes) == Safetensors(entries: []))
  }

  // MARK: - Round trips

  @Test func whatIsWrittenIsReadBackBitForBit() throws {
    try withTemporaryFolder { folder in
      let url = folder.appending(path: "policy.safetensors")
      var random = SplitMix(state: 7)
      let elements = (0..<1000).map { _ in Float(bitPattern: UInt32(truncatingIfNeeded: random.next())) }
      let original = Safetensors(
        metadata: ["b": "\u{8}\u{C}\r\u{1F}\u{7F}\\/", "a": ""],
        entries: [.init(name: "", shape: [10, 100], elements: elements)])
      try original.write(to: url)
      let read = try Safetensors(contentsOf: url)
      #expect(read.metadata == original.metadata)
      #expect(read.entries[0].shape == [10, 100])
      #expect(read.entries[0].elements.map(\.bitPattern) == elements.map(\.bitPattern))
      #expect(!read.entries[0].isFinite)
    }
  }

  @Test func entriesComeInTheOrderOfTheirDataAndSpaceInTheHeaderIsAllowed() throws {
    let header = """
      {\t"late" : { "data_offsets": [ 4, 8 ], "shape": [ 1 ], "dtype": "F32" } ,
       "between": {"dtype":"F32","shape":[5,0],"data_offsets":[4,4]},
       "\\u00e9\\ud83d\\ude00\\/": {"dtype":"F32","shape":[],"data_offsets":[0,4]}}\r\n
      """
    let file = try Safetensors(data: bytes(header, floats: [1, 2]))
    #expect(
      file.entries == [
        .init(name: "é😀/", shape: [], elements: [1]), .init(name: "between", shape: [5, 0], elements: []),
        .init(name: "late", shape: [1], elements: [2]),
      ])
  }

  // MARK: - What must not be read

  /// A header, the number of zero floats after it, and what the message must say, with the tensor's name.
  static let faultyHeaders: [(header: String, floats: Int, message: String)] = [
    ("", 0, "the header does not start with '{'"),
    (" {}", 0, "the header does not start with '{'"),
    ("[]", 0, "the header does not start with '{'"),
    ("{", 0, "the header's byte 1 should be a string"),
    ("{} x", 0, "the header's byte 3 should be space up to the header's end"),
    ("{}{}", 0, "the header's byte 2 should be space up to the header's end"),
    ("{\"a\"", 0, "the header's byte 4 should be ':'"),
    ("{\"a\":{},}", 0, "tensor \"a\": the key \"dtype\" is missing"),
    ("{\"a\":5}", 0, "tensor \"a\": the header's byte 5 should be '{'"),
    ("{\"a\":{\"dtype\":4}}", 0, "tensor \"a\": the header's byte 14 should be a string"),
    ("{\"\\x\":{}}", 0, "the header's byte 3 should be an escape that JSON knows"),
    ("{\"\\u12g4\":{}}", 0, "the header's byte 6 should be a hexadecimal digit"),
    ("{\"\\udc00\":{}}", 0, "the header's byte 8 should be the end of a whole character"),
    ("{\"\\ud800\\u0041\":{}}", 0, "the header's byte 14 should be the end of a whole character"),
    ("{\"\\ud800\":{}}", 0, "the header's byte 8 should be '\\'"),
    ("{\"a\nb\":{}}", 0, "the header's byte 3 should be text or a closing quote"),
    ("{\"__metadata__\":null}", 0, "the header's byte 16 should be '{'"),
    ("{\"__metadata__\":{\"a\":1}}", 0, "the metadata's \"a\" is not a string"),
    ("{\"__metadata__\":{\"a\":\"1\",\"a\":\"1\"}}", 0, "the metadata has the key \"a\" twice"),
    ("{\"__metadata__\":{},\"__metadata__\":{}}", 0, "the header has __metadata__ twice"),
    (
      "{\"a\":{\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[0,4]},\"\\u0061\":{\"dtype\":\"F32\"}}", 1,
      "tensor \"a\": the name occurs twice"
    ),
    ("{\"a\":{\"dtype\":\"F32\",\"dtype\":\"F32\"}}", 0, "tensor \"a\": the key \"dtype\" occurs twice"),
    ("{\"a\":{\"shape\":[],\"shape\":[]}}", 0, "tensor \"a\": the key \"shape\" occurs twice"),
    (
      "{\"a\":{\"data_offsets\":[],\"data_offsets\":[]}}", 0,
      "tensor \"a\": the key \"data_offsets\" occurs twice"
    ),
    ("{\"a\":{\"strides\":[]}}", 0, "tensor \"a\": the key \"strides\" is unknown"),
    ("{\"a\":{\"dtype\":\"F32\"}}", 0, "tensor \"a\": the key \"shape\" is missing"),
    ("{\"a\":{\"dtype\":\"F32\",\"shape\":[]}}", 0, "tensor \"a\": the key \"data_offsets\" is missing"),
    (
      tensor(type: "I64"), 1,
      "tensor \"a\": elements of type \"I64\" are not supported, only \"F32\" (Float32)"
    ),
    (tensor(shape: "[-1]"), 1, "tensor \"a\": -1 in \"shape\" is not a whole number from 0 to \(Int.max)"),
    (tensor(shape: "[1.0]"), 1, "tensor \"a\": 1.0 in \"shape\" is not a whole number from 0 to \(Int.max)"),
    (tensor(shape: "[01]"), 1, "tensor \"a\": 01 in \"shape\" is not a whole number from 0 to \(Int.max)"),
    (
      tensor(shape: "[9223372036854775808]"), 1,
      "tensor \"a\": 9223372036854775808 in \"shape\" is not a whole number from 0 to \(Int.max)"
    ),
    (tensor(shape: "[[1]]"), 1, "tensor \"a\": the header's byte 29 should be a whole number"),
    (
      tensor(shape: "[4294967296,4294967296]"), 1,
      "tensor \"a\": the shape [4294967296, 4294967296] has too many elements to count"
    ),
    (
      tensor(shape: "[4611686018427387904]"), 1,
      "tensor \"a\": the shape [4611686018427387904] has too many elements to count"
    ),
    (
      tensor(shape: "[0,9223372036854775807,2]", offsets: "[0,0]"), 0,
      "tensor \"a\": the shape [0, 9223372036854775807, 2] has too many elements to count"
    ),
    (tensor(offsets: "[0]"), 1, "tensor \"a\": \"data_offsets\" has 1 numbers, not a begin and an end"),
    (tensor(offsets: "[0,4,8]"), 1, "tensor \"a\": \"data_offsets\" has 3 numbers, not a begin and an end"),
    (
      tensor(offsets: "[-4,0]"), 1,
      "tensor \"a\": -4 in \"data_offsets\" is not a whole number from 0 to \(Int.max)"
    ),
    (tensor(offsets: "[4,0]"), 1, "tensor \"a\": the data begins at 4 and ends before, at 0"),
    (tensor(offsets: "[0,8]"), 1, "tensor \"a\": the data from 0 to 8 is beyond the file's 4 bytes of data"),
    (
      tensor(offsets: "[9223372036854775803,9223372036854775807]"), 1,
      "tensor \"a\": the data from 9223372036854775803 to 9223372036854775807 is beyond the file's 4 bytes of data"
    ),
    (tensor(offsets: "[4,8]"), 2, "tensor \"a\": no tensor covers the bytes before its data, 0 to 4"),
    (tensor(), 2, "no tensor covers the data's last bytes, 4 to 8"),
    ("{}", 1, "no tensor covers the data's last bytes, 0 to 4"),
    (tensor(shape: "[2]"), 1, "tensor \"a\": the shape [2] needs 8 bytes, its offsets give 4"),
    (
      tensor(shape: "[]", offsets: "[0,0]"), 0, "tensor \"a\": the shape [] needs 4 bytes, its offsets give 0"
    ),
    (tensor(shape: "[0]"), 1, "tensor \"a\": the shape [0] needs 0 bytes, its offsets give 4"),
    (
      tensor(second: "\"b\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}"), 1,
      "tensor \"b\": the data begins at 0, inside of a tensor that ends at 4"
    ),
    (
      tensor(second: "\"b\":{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[2,2]}"), 1,
      "tensor \"b\": the data begins at 2, inside of a tensor that ends at 4"
    ),
    (
      tensor(second: "\"b\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[8,12]}"), 3,
      "tensor \"b\": no tensor covers the bytes before its data, 4 to 8"
    ),
  ]

  @Test(arguments: faultyHeaders)
  func refusesAFaultyHeader(header: String, floats: Int, message: String) {
    let bytes = bytes(header, floats: Array(repeating: 0, count: floats))
    let error = #expect(throws: SafetensorsError.self) { try Safetensors(data: bytes) }
    let place = message.hasPrefix("tensor") ? "" : "safetensors: "
    #expect(error?.description == place + message)
  }

  @Test func aDescriptionInOrderIsReadByTheSameHelper() throws {
    // Else every refusal above could have another cause than the fault in it.
    let second = "\"b\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}"
    let file = try Safetensors(data: bytes(Self.tensor(second: second), floats: [1, 2]))
    #expect(file.entries.map(\.name) == ["a", "b"])
  }

  @Test func refusesBytesThatCannotHoldAHeader() {
    #expect(problem(in: []) == .tooShort(length: 0))
    #expect(problem(in: Array(repeating: 0, count: 7)) == .tooShort(length: 7))
    #expect(problem(in: [0, 0, 0, 0, 0, 0, 0, 0]) == .headerNotObject)
    #expect(problem(in: [3, 0, 0, 0, 0, 0, 0, 0, 0x7B, 0x7D]) == .headerBeyondFile(length: 3, available: 2))
    // 100,000,000 is the largest length that the reference takes, so its complaint is about the file's end.
    let largest: [UInt8] = [0x00, 0xE1, 0xF5, 0x05, 0, 0, 0, 0]
    #expect(problem(in: largest) == .headerBeyondFile(length: 100_000_000, available: 0))
    #expect(problem(in: [0x01, 0xE1, 0xF5, 0x05, 0, 0, 0, 0]) == .headerTooLong(length: 100_000_001))
    #expect(problem(in: Array(repeating: 0xFF, count: 20)) == .headerTooLong(length: .max))
    #expect(problem(in: [3, 0, 0, 0, 0, 0, 0, 0, 0x7B, 0xFF, 0x7D]) == .headerNotText)
  }

  @Test func aMessageNamesTheFileOnOneLine() throws {
    try withTemporaryFolder { folder in
      let url = folder.appending(path: "bad.safetensors")
      try Data(bytes(Self.tensor(name: "x\\ny", type: "F64"), floats: [0])).write(to: url)
      let error = #expect(throws: SafetensorsError.self) { try Safetensors(contentsOf: url) }
      #expect(
        error?.description
          == "\(url.path): tensor \"x\\ny\": elements of type \"F64\" are not supported, only \"F32\" (Float32)"
      )

      let absent = folder.appending(path: "absent.safetensors")
      let unreadable = #expect(throws: SafetensorsError.self) { try Safetensors(contentsOf: absent) }
      #expect(unreadable?.description == "\(absent.path): cannot be read: No such file or directory")
    }
  }

  // MARK: - What must not be written

  @Test func refusesToWriteWhatCouldNotBeRead() throws {
    typealias Entry = Safetensors.Entry
    let one = Entry(name: "a", shape: [1], elements: [0])
    let faults: [([Entry], SafetensorsError.Problem)] = [
      ([one, one], .duplicateName),
      ([Entry(name: "__metadata__", shape: [], elements: [0])], .reservedName),
      ([Entry(name: "a", shape: [2], elements: [0])], .elementCountMismatch(shape: [2], count: 1)),
      ([Entry(name: "a", shape: [-1, -1], elements: [0])], .notCount(key: "shape", number: "-1")),
      ([Entry(name: "a", shape: [.max, 2], elements: [0])], .shapeTooLarge(shape: [.max, 2])),
    ]
    try withTemporaryFolder { folder in
      let url = folder.appending(path: "a.safetensors")
      for (entries, problem) in faults {
        let error = #expect(throws: SafetensorsError.self) {
          try Safetensors(entries: entries).write(to: url)
        }
        #expect(error?.problem == problem)
        #expect(error?.path == url.path)
        #expect(error?.tensor == entries[0].name)
      }
      let left = try names(in: folder)
      #expect(left.isEmpty)
    }
  }

  // MARK: - Any input

  @Test func noMutationCrashesTheReader() throws {
    let plain = Self.tensor(second: "\"b\":{\"dtype\":\"F32\",\"shape\":[2,1],\"data_offsets\":[4,12]}")
    let seeds = try [
      [UInt8](Data(contentsOf: Self.fixture)), bytes(plain, floats: [1, 2, 3]),
      bytes("{\"__metadata__\":{\"k\":\"\\ud83d\\ude00\"}}", floats: []),
    ]
    var random = SplitMix(state: 2026)
    var countOfRead = 0
    var problems: Set<String> = []
    for round in 0..<20_000 {
      var bytes = seeds[round % seeds.count]
      for _ in 0...Int.random(in: 0..<3, using: &random) { mutate(&bytes, using: &random) }
      do throws(SafetensorsError) {
        let file = try Safetensors(data: bytes)
        countOfRead += 1
        // What is read can be written and read again. Bytes are compared because a NaN is equal to nothing.
        let encoded = try file.encoded()
        let encodedAgain = try Safetensors(data: encoded).encoded()
        #expect(encodedAgain == encoded)
      } catch {
        #expect(!error.description.contains { $0.isNewline })
        problems.insert(Mirror(reflecting: error.problem).children.first?.label ?? "\(error.problem)")
      }
    }
    // The mutations are neither all harmless nor all stopped at the first check.
    #expect(countOfRead > 500)
    #expect(problems.count >= 18, "\(problems.sorted())")
  }

  /// Damages bytes in one place: anywhere, or in the header with its length set right again.
  private func mutate(_ bytes: inout [UInt8], using random: inout SplitMix) {
    guard bytes.count > 8 else { return bytes.append(0) }
    let length = bytes[..<8].reversed().reduce(0) { ($0 << 8 | Int($1)) & 0xFFFF }
    let headerEnd = min(8 + length, bytes.count)
    let keepsLength = Bool.random(using: &random)
    let tokens = [
      "-1", "1e9", "0", "4", "8", "9223372036854775807", "18446744073709551616", "null", "\"", "{", "}", "[",
      "]", ",",
      ":", "\\", "\\u", "\\ud800", " ", "\"a\"", "\"shape\"", "\"x\":\"y\",", "F16", "__metadata__", "\u{0}",
    ]
    let place = Int.random(in: keepsLength ? 8..<max(headerEnd, 9) : 0..<bytes.count, using: &random)
    let rest = place..<min(bytes.count, place + Int.random(in: 1...12, using: &random))
    let countBefore = bytes.count
    switch Int.random(in: 0..<7, using: &random) {
    case 0: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
    case 1: bytes[place] = UInt8.random(in: .min ... .max, using: &random)
    case 2: bytes.removeSubrange(rest)
    case 3: bytes.insert(contentsOf: bytes[rest], at: place)
    case 4: bytes.insert(contentsOf: tokens.randomElement(using: &random)!.utf8, at: place)
    case 5: bytes.replaceSubrange(place...place, with: tokens.randomElement(using: &random)!.utf8)
    default:
      // A digit for a digit keeps the JSON and changes what it says.
      let digits = bytes.indices.filter { $0 >= 8 && $0 < headerEnd && (0x30...0x39).contains(bytes[$0]) }
      if let digit = digits.randomElement(using: &random) {
        bytes[digit] = UInt8.random(in: 0x30...0x39, using: &random)
      }
    }
    if keepsLength, bytes.count >= 8 {
      let newLength = max(0, length + bytes.count - countBefore)
      for index in 0..<8 { bytes[index] = UInt8(truncatingIfNeeded: newLength >> (8 * index)) }
    }
  }

  // MARK: - Helpers

  /// A header with a tensor of one float, and perhaps another tensor.
  static func tensor(
    name: String = "a", type: String = "F32", shape: String = "[1]", offsets: String = "[0,4]",
    second: String? = nil
  ) -> String {
    let first = "\"\(name)\":{\"dtype\":\"\(type)\",\"shape\":\(shape),\"data_offsets\":\(offsets)}"
    return "{\([first, second].compactMap(\.self).joined(separator: ","))}"
  }

  private func bytes(_ header: String, floats: [Float]) -> [UInt8] {
    let length = withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian, Array.init)
    return length + Array(header.utf8)
      + floats.flatMap { withUnsafeBytes(of: $0.bitPattern.littleEndian, Array.init) }
  }

  private func problem(in bytes: [UInt8]) -> SafetensorsError.Problem? {
    #expect(throws: SafetensorsError.self) { try Safetensors(data: bytes) }?.problem
  }
}

/// SplitMix64: the same numbers in every run of the tests.
private struct SplitMix: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}
