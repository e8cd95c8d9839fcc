import Display
import Foundation
import Testing

/// Colors as people without one kind of cones see them, and the distance between what is seen.
@Suite struct ThemeTests {
  /// Linear RGB to linear RGB: full vision; no green and no red cones (Viénot, Brettel and Mollon, 1999); no blue
  /// cones (Machado, Oliveira and Fernandes, 2009, severity 1).
  private static let visions: [(name: String, matrix: [[Double]])] = [
    ("full", [[1, 0, 0], [0, 1, 0], [0, 0, 1]]),
    ("deuteranopia", [[0.29275, 0.70725, 0], [0.29275, 0.70725, 0], [-0.02234, 0.02234, 1]]),
    ("protanopia", [[0.11238, 0.88762, 0], [0.11238, 0.88762, 0], [0.00401, -0.00401, 1]]),
    (
      "tritanopia",
      [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]
    ),
  ]

  private func product(_ matrix: [[Double]], _ vector: [Double]) -> [Double] {
    matrix.map { row in zip(row, vector).reduce(0) { $0 + $1.0 * $1.1 } }
  }

  /// A color's place in Ottosson's OKLab, where equal distances look about equally different and black is 1 from white.
  private func seen(_ color: Color, by matrix: [[Double]]) -> [Double] {
    let linear = [color.red, color.green, color.blue].map { level in
      let part = Double(level) / 255
      return part <= 0.04045 ? part / 12.92 : pow((part + 0.055) / 1.055, 2.4)
    }
    let view = product(matrix, linear).map { min(1, max(0, $0)) }
    let cones = product(
      [
        [0.4122214708, 0.5363325363, 0.0514459929], [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
      ], view)
    return product(
      [
        [0.2104542553, 0.7936177850, -0.0040720468], [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
      ], cones.map { pow(max(0, $0), 1.0 / 3) })
  }

  private func expectDistinct(_ colors: [Color], atLeast least: Double) {
    for (name, matrix) in Self.visions {
      let places = colors.map { seen($0, by: matrix) }
      for first in colors.indices {
        for second in 0..<first {
          let distance = zip(places[first], places[second]).reduce(0) { $0 + pow($1.0 - $1.1, 2) }
            .squareRoot()
          #expect(distance >= least, "colors \(second) and \(first), \(name): \(distance)")
        }
      }
    }
  }

  @Test func everyoneTellsThePlanesApart() {
    expectDistinct([Color(0x000000), .alarm] + Color.planes, atLeast: 0.12)
  }

  @Test func everyoneTellsTheBarsApart() {
    expectDistinct([.background, .clean, .delivered, .alarm], atLeast: 0.12)
  }

  @Test func everyoneTellsTheSignsOfAChangeApart() {
    expectDistinct([.decrease, .unchanged, .increase, .alarm], atLeast: 0.12)
  }

  @Test func planeColorsStartAgain() {
    #expect(Set(Color.planes).count == 10)
    #expect(Color.plane(10) == Color.plane(0))
  }
}
