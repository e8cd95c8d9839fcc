import CPNG
import Foundation

/// PNG files.
public enum PNG {
  /// Writes a canvas as an RGB file of 8 bits a channel, that replaces a file of this name.
  ///
  /// The bytes go to a hidden file beside it that is renamed when it is complete, so nobody sees half an image
  /// and a failure leaves what was there before. The same canvas gives the same bytes.
  /// - Throws: ``DisplayError`` if the file cannot be written.
  public static func write(_ canvas: Canvas, to file: URL) throws {
    let path = file.path
    let partial =
      file.deletingLastPathComponent()
      .appendingPathComponent(".\(file.lastPathComponent).\(getpid()).partial").path
    // libpng's full interface reports errors by a long jump, which Swift cannot be jumped over with. The
    // simplified one catches the jump inside libpng and returns.
    var image = png_image()
    image.version = png_uint_32(PNG_IMAGE_VERSION)
    image.width = png_uint_32(canvas.width)
    image.height = png_uint_32(canvas.height)
    image.format = png_uint_32(PNG_FORMAT_FLAG_COLOR)
    errno = 0
    let isWritten = canvas.bytes.withUnsafeBytes { bytes in
      png_image_write_to_file(&image, partial, 0, bytes.baseAddress, png_int_32(3 * canvas.width), nil) != 0
    }
    guard isWritten else {
      // libpng calls a full disk a write error; the system says more.
      let reason = errno == 0 ? message(of: image) : String(cString: strerror(errno))
      unlink(partial)
      throw DisplayError("Cannot write \(path): \(reason).")
    }
    guard rename(partial, path) == 0 else {
      let reason = String(cString: strerror(errno))
      unlink(partial)
      throw DisplayError("Cannot write \(path): \(reason).")
    }
  }

  /// libpng's message, which is a C string in 64 bytes of the structure.
  private static func message(of image: png_image) -> String {
    withUnsafeBytes(of: image.message) { bytes in
      String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
  }
}
