import Foundation

/// Curves as TensorBoard reads them: a file of records, each a protocol buffer `Event` with one number.
///
/// The time of an event is its step: no clock gets into the file, so the same run gives the same bytes.
///
/// Format: TFRecord (length, its checksum, data, its checksum) around `tensorflow.Event` of TensorFlow's event.proto and
/// summary.proto; checksums are CRC-32C (Castagnoli), masked as in TensorFlow's lib/hash/crc32c.h.
enum EventFile {
  /// What a file starts with.
  static let header = record(
    field(3, Array("brain.Event:2".utf8)))

  /// The records of some numbers by their names, in the names' order.
  static func records(of values: [String: Float], step: Int) -> Data {
    values.sorted { $0.key < $1.key }.reduce(into: Data()) { data, value in
      let summary = field(1, field(1, Array(value.key.utf8)) + field(2, value.value))
      data += record(field(1, Double(step)) + field(2, step) + field(5, summary))
    }
  }

  private static func record(_ event: [UInt8]) -> Data {
    let length = bytes(UInt64(event.count))
    return Data(length + bytes(maskedChecksum(length)) + event + bytes(maskedChecksum(event)))
  }

  // Protocol buffers: a field is its number and wire type, then its value.

  private static func field(_ number: UInt8, _ value: Double) -> [UInt8] {
    [number << 3 | 1] + bytes(value.bitPattern)
  }

  private static func field(_ number: UInt8, _ value: Float) -> [UInt8] {
    [number << 3 | 5] + bytes(value.bitPattern)
  }

  private static func field(_ number: UInt8, _ value: Int) -> [UInt8] {
    [number << 3] + variableLength(UInt64(value))
  }

  private static func field(_ number: UInt8, _ value: [UInt8]) -> [UInt8] {
    [number << 3 | 2] + variableLength(UInt64(value.count)) + value
  }

  /// Seven bits a byte, the lowest first; the highest bit of a byte says that more follow.
  private static func variableLength(_ value: UInt64) -> [UInt8] {
    value < 128 ? [UInt8(value)] : [UInt8(value & 127) | 128] + variableLength(value >> 7)
  }

  private static func bytes(_ value: some FixedWidthInteger) -> [UInt8] {
    withUnsafeBytes(of: value.littleEndian, Array.init)
  }

  private static func maskedChecksum(_ data: [UInt8]) -> UInt32 {
    let checksum = checksum(data)
    return (checksum >> 15 | checksum << 17) &+ 0xa282_ead8
  }

  /// CRC-32C bit by bit: events are short.
  private static func checksum(_ data: [UInt8]) -> UInt32 {
    var checksum = ~UInt32(0)
    for byte in data {
      checksum ^= UInt32(byte)
      for _ in 0..<8 { checksum = checksum & 1 == 1 ? checksum >> 1 ^ 0x82f6_3b78 : checksum >> 1 }
    }
    return ~checksum
  }
}
