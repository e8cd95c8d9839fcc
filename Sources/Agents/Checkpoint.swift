import Foundation

/// One file from which a training run goes on.
///
/// The run's state, a header in JSON, and a trailer that tells their lengths and a checksum of both. The trailer stands at the
/// end, so that a file that was cut off has none.
struct Checkpoint {
  /// What is known of a run without reading its state.
  struct Header: Codable, Equatable {
    /// The version of Hoodwink that wrote it: another one may go on differently.
    var version: String
    /// The run's recipe.
    var recipe: String
    /// Environment steps made.
    var steps: Int
    /// Whether all of them are made that were asked for.
    var isFinished: Bool
    /// Whether the state is whole: a replay above 1 GiB is left out.
    var savesAll: Bool
    /// The lengths of the files that grow with the run, by their names.
    var lengths: [String: Int]
  }

  let header: Header
  let state: Data

  init(header: Header, state: Data) {
    self.header = header
    self.state = state
  }

  private static let signature = Array("hoodwink checkpoint 1\n".utf8)
  private static let trailerLength = 3 * 8 + signature.count

  /// The bytes of the file.
  func encoded() throws -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    let header = try encoder.encode(header)
    var bytes = state
    bytes.append(header)
    let checksum = Self.checksum(bytes)
    for number in [UInt64(state.count), UInt64(header.count), checksum] {
      withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) }
    }
    bytes.append(contentsOf: Self.signature)
    return bytes
  }

  /// Reads what ``encoded()`` gives; nil for bytes that are cut off, changed, or something else.
  init?(_ bytes: Data) {
    let trailer = bytes.suffix(Self.trailerLength)
    guard trailer.count == Self.trailerLength,
      trailer.suffix(Self.signature.count).elementsEqual(Self.signature)
    else { return nil }
    func number(_ index: Int) -> UInt64 {
      trailer.dropFirst(8 * index).prefix(8).reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }
    let content = bytes.dropLast(Self.trailerLength)
    let (length, overflow) = number(0).addingReportingOverflow(number(1))
    guard !overflow, length == UInt64(content.count), Self.checksum(content) == number(2) else { return nil }
    let state = content.prefix(Int(number(0)))
    guard let header = try? JSONDecoder().decode(Header.self, from: Data(content.dropFirst(state.count)))
    else { return nil }
    self.header = header
    self.state = Data(state)
  }

  /// FNV-1a (Fowler, Noll and Vo) over words of eight bytes, the last one padded with zeros, because a checkpoint can have a
  /// gigabyte. Every change of a single word changes it.
  static func checksum(_ bytes: Data) -> UInt64 {
    bytes.withUnsafeBytes { bytes in
      var hash: UInt64 = 0xcbf2_9ce4_8422_2325
      let whole = bytes.count & ~7
      for offset in stride(from: 0, to: whole, by: 8) {
        let word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
        hash = (hash ^ word) &* 0x0000_0100_0000_01b3
        // The product moves nothing downward.
        hash ^= hash >> 32
      }
      var rest: UInt64 = 0
      for byte in bytes[whole...].reversed() { rest = rest << 8 | UInt64(byte) }
      return (hash ^ rest) &* 0x0000_0100_0000_01b3
    }
  }
}
