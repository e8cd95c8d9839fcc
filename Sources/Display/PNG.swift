import CPNG
import Foundation
import Networks

/// PNG files.
public enum PNG {
  /// Writes a canvas as an RGB file of 8 bits a channel, that replaces a file of this name.
  ///
  /// The file is written whole or not at all. The same canvas gives the same bytes.
  /// - Throws: `AtomicFile.Failure` if the file cannot be written.
  public static func write(_ canvas: Canvas, to file: URL) throws {
    try AtomicFile.write(try bytes(of: canvas), to: file)
  }

  private static func bytes(of canvas: Canvas) throws -> [UInt8] {
    // libpng's full interface reports errors by a long jump, which Swift cannot be jumped over with. The
    // simplified one catches the jump inside libpng and returns.
    var image = png_image()
    image.version = png_uint_32(PNG_IMAGE_VERSION)
    image.width = png_uint_32(canvas.width)
    image.height = png_uint_32(canvas.height)
    image.format = png_uint_32(PNG_FORMAT_FLAG_COLOR)
    // What cannot be compressed takes a little more than its pixels and a byte a row; counting before would compress twice.
    let pixels = canvas.height * (3 * canvas.width + 1)
    var bytes = [UInt8](repeating: 0, count: pixels + pixels / 100 + 4096)
    var count = png_alloc_size_t(bytes.count)
    let isMade = canvas.bytes.withUnsafeBytes { pixels in
      png_image_write_to_memory(
        &image, &bytes, &count, 0, pixels.baseAddress, png_int_32(3 * canvas.width), nil) != 0
    }
    guard isMade else {
      throw DisplayError(
        "no picture of \(canvas.width)×\(canvas.height) pixels can be made: \(message(of: image))")
    }
    return Array(bytes.prefix(Int(count)))
  }

  /// libpng's message, which is a C string in 64 bytes of the structure.
  private static func message(of image: png_image) -> String {
    withUnsafeBytes(of: image.message) { bytes in
      String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
  }
}
