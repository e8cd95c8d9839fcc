import Foundation

extension Tensor: Codable {
  private enum CodingKeys: String, CodingKey {
    case shape, elements
  }

  /// Writes the extents and the elements, the latter as `Data`: four bytes each, little-endian, NaNs and all bit for bit.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(shape.dimensions, forKey: .shape)
    try container.encode(
      withUnsafeElements { Data(bytes: $0, count: count * MemoryLayout<Float>.stride) }, forKey: .elements)
  }

  /// Reads what ``encode(to:)`` writes; the tensor is off the tape.
  ///
  /// - Throws: `DecodingError` for a shape that the elements do not fill.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    let dimensions = try container.decode([Int].self, forKey: .shape)
    let bytes = try container.decode(Data.self, forKey: .elements)
    guard dimensions.count <= Shape.maximumRank, dimensions.allSatisfy({ 0...Int(Int32.max) ~= $0 }),
      dimensions.reduce(Double(MemoryLayout<Float>.stride), { $0 * Double($1) }) == Double(bytes.count)
    else {
      throw DecodingError.dataCorruptedError(
        forKey: .elements, in: container,
        debugDescription: "\(bytes.count) bytes do not fill the shape \(dimensions)")
    }
    self.init(Shape(dimensions)) { target in
      _ = bytes.copyBytes(to: UnsafeMutableBufferPointer(start: target, count: bytes.count / 4))
    }
  }
}
