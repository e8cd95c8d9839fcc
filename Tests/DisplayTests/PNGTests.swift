import CPNG
import Display
import Foundation
import Networks
import RandomStreams
import TestSupport
import Testing

/// A canvas on which every pixel differs from its neighbors.
func pattern(width: Int, height: Int) -> Canvas {
  var canvas = Canvas(width: width, height: height)
  for y in 0..<height {
    for x in 0..<width {
      canvas[x, y] = Color(
        red: UInt8(truncatingIfNeeded: 7 * x), green: UInt8(truncatingIfNeeded: 11 * y),
        blue: UInt8(truncatingIfNeeded: x ^ y))
    }
  }
  return canvas
}

/// The pixels of a file as libpng reads them.
func readPNG(_ file: URL) throws -> (width: Int, height: Int, bytes: [UInt8]) {
  var image = png_image()
  image.version = png_uint_32(PNG_IMAGE_VERSION)
  try #require(png_image_begin_read_from_file(&image, file.path) != 0)
  #expect(image.format == png_uint_32(PNG_FORMAT_FLAG_COLOR), "8 bits of RGB without transparency")
  var bytes = [UInt8](repeating: 0, count: Int(3 * image.width * image.height))
  try #require(png_image_finish_read(&image, nil, &bytes, 0, nil) != 0)
  return (Int(image.width), Int(image.height), bytes)
}

@Suite struct PNGTests {
  private let dot = Canvas(width: 1, height: 1)

  @Test(arguments: [(1, 1), (37, 5), (960, 540)]) func whatIsWrittenIsRead(width: Int, height: Int) throws {
    try withTemporaryFolder { folder in
      let canvas = pattern(width: width, height: height)
      let file = folder.appendingPathComponent("a picture.png")
      try PNG.write(canvas, to: file)
      let image = try readPNG(file)
      #expect(image.width == width && image.height == height)
      #expect(image.bytes == canvas.bytes)
      #expect(try names(in: folder) == ["a picture.png"])
    }
  }

  @Test func theSameCanvasGivesTheSameFile() throws {
    try withTemporaryFolder { folder in
      let files = ["first.png", "second.png"].map { folder.appendingPathComponent($0) }
      for file in files { try PNG.write(pattern(width: 9, height: 9), to: file) }
      #expect(try Data(contentsOf: files[0]) == Data(contentsOf: files[1]))
    }
  }

  /// Nothing of it can be compressed.
  @Test(arguments: [(1, 1), (3, 4000), (4000, 3), (300, 200)])
  func noiseIsWrittenWhole(_ width: Int, _ height: Int) throws {
    var random = RandomStream(seed: 1)
    var canvas = Canvas(width: width, height: height)
    func byte() -> UInt8 { UInt8(random.index(below: 256)) }
    for y in 0..<height {
      for x in 0..<width { canvas[x, y] = Color(red: byte(), green: byte(), blue: byte()) }
    }
    try withTemporaryFolder { folder in
      let file = folder.appendingPathComponent("noise.png")
      try PNG.write(canvas, to: file)
      #expect(try readPNG(file).bytes == canvas.bytes)
    }
  }

  @Test func aFileIsReplaced() throws {
    try withTemporaryFolder { folder in
      let file = folder.appendingPathComponent("frame.png")
      try Data("what was there before".utf8).write(to: file)
      try PNG.write(pattern(width: 3, height: 2), to: file)
      #expect(try readPNG(file).bytes == pattern(width: 3, height: 2).bytes)
    }
  }

  @Test func aFolderThatDoesNotExistIsAnError() throws {
    try withTemporaryFolder { folder in
      let file = folder.appendingPathComponent("missing/frame.png")
      let error = try #require(throws: AtomicFile.Failure.self) { try PNG.write(dot, to: file) }
      #expect(error.description == "cannot write \(file.path): No such file or directory")
      #expect(try names(in: folder) == [])
    }
  }

  /// The image can be written beside, but not renamed: nothing of it may stay.
  @Test func aFailedRenameLeavesNothing() throws {
    try withTemporaryFolder { folder in
      let file = folder.appendingPathComponent("frame.png")
      try FileManager.default.createDirectory(at: file, withIntermediateDirectories: false)
      let error = try #require(throws: AtomicFile.Failure.self) { try PNG.write(dot, to: file) }
      #expect(error.description == "cannot write \(file.path): Is a directory")
      #expect(try names(in: folder) == ["frame.png"])
    }
  }

  @Test(.enabled(if: geteuid() != 0, "the superuser may write everywhere"))
  func anUnwritableFolderIsAnError() throws {
    try withTemporaryFolder { folder in
      let closed = folder.appendingPathComponent("closed")
      try FileManager.default.createDirectory(
        at: closed, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o555])
      let file = closed.appendingPathComponent("frame.png")
      let error = try #require(throws: AtomicFile.Failure.self) { try PNG.write(dot, to: file) }
      #expect(error.description == "cannot write \(file.path): Permission denied")
      #expect(try names(in: closed) == [])
    }
  }
}
