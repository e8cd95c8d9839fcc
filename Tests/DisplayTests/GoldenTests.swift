import Display
import Foundation
import TestSupport
import Testing

/// The composition against pictures that a person has looked at. Scripts/make-golden-pictures makes them anew.
@Suite struct GoldenTests {
  private static let folder = repository.appendingPathComponent("Tests/DisplayTests/Fixtures")

  /// A small tolerance: one pixel in a thousand may differ visibly, so that a stroke may move, a word not.
  @Test(arguments: WatchedScreen.kinds) func theScreenLooksAsItDid(kind: String) throws {
    let canvas = Composition.draw(.example(kind))
    let file = Self.folder.appendingPathComponent("\(kind).png")
    if ProcessInfo.processInfo.environment["HOODWINK_MAKE_GOLDEN_PICTURES"] != nil {
      try PNG.write(canvas, to: file)
    }
    let golden = try readPNG(file)
    try #require(golden.width == canvas.width && golden.height == canvas.height)
    var different = 0
    for pixel in 0..<canvas.width * canvas.height {
      let parts = 3 * pixel..<3 * pixel + 3
      if parts.contains(where: { abs(Int(golden.bytes[$0]) - Int(canvas.bytes[$0])) > 8 }) { different += 1 }
    }
    #expect(different <= canvas.width * canvas.height / 1000, "\(different) pixels differ in \(kind).png")
  }
}
