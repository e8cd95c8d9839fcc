/// A hash of some bytes: FNV-1a with 64 bits (Fowler, Noll and Vo). It tells versions apart; it does not withstand forgers.
public struct ContentHash: Hashable, Sendable, CustomStringConvertible {
  /// The hash.
  public let value: UInt64

  /// Hashes bytes in their order.
  public init(of bytes: some Sequence<UInt8>) {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
    value = hash
  }

  /// 16 hexadecimal digits.
  public var description: String {
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}
