import CKernels

/// Where the patches of a convolution lie in the images of a batch.
struct ConvolutionGeometry: Sendable {
  let batch, height, width, channels: Int
  let kernelHeight, kernelWidth, stride: Int
  let outputHeight, outputWidth: Int
  let paddingTop, paddingLeft: Int

  /// - Precondition: the kernel fits into the image.
  init(input: Shape, kernelHeight: Int, kernelWidth: Int, stride: Int, padding: Padding) {
    precondition(input.rank == 4, "a convolution is over [batch, height, width, channels], not \(input)")
    (batch, height, width, channels) = (input[0], input[1], input[2], input[3])
    (self.kernelHeight, self.kernelWidth, self.stride) = (kernelHeight, kernelWidth, stride)
    (outputHeight, paddingTop) = Self.extent(height, kernelHeight, stride, padding)
    (outputWidth, paddingLeft) = Self.extent(width, kernelWidth, stride, padding)
  }

  /// The extent of the result along one axis and the zeros before its first element.
  static func extent(
    _ extent: Int, _ kernel: Int, _ stride: Int, _ padding: Padding
  ) -> (output: Int, before: Int) {
    precondition(stride > 0 && kernel > 0, "a convolution's stride and kernel are positive")
    switch padding {
    case .valid:
      precondition(kernel <= extent, "a kernel of \(kernel) does not fit into \(extent)")
      return ((extent - kernel) / stride + 1, 0)
    case .same:
      let output = (extent + stride - 1) / stride
      return (output, max((output - 1) * stride + kernel - extent, 0) / 2)
    }
  }

  /// The elements of one patch: kernel height · kernel width · channels.
  var patchCount: Int { kernelHeight &* kernelWidth &* channels }
  /// The positions of the kernel over the whole batch: the rows of the patch matrix.
  var positions: Int { batch &* outputHeight &* outputWidth }

  /// Where the patches lie in the padded images: one digit each for image, row and column of the output.
  var positionNest: Nest {
    let row = paddedWidth &* channels
    return Nest(
      extent: (batch, outputHeight, outputWidth),
      stride: (paddedHeight &* row, stride &* row, stride &* channels))
  }

  /// Where the elements of a patch lie in it: a row of a patch is one run of memory, because channels are innermost.
  var patchNest: Nest {
    Nest(
      extent: (1, kernelHeight, kernelWidth &* channels), stride: (0, paddedWidth &* channels, 1))
  }

  /// How many patches are laid out at a time: a tile (256 KiB) stays in the second-level cache.
  var tile: Int { max(16, 65_536 / max(patchCount, 1)) }

  var patchGeometry: Patches {
    Patches(
      height: height, width: width, channels: channels, kernel_height: kernelHeight,
      kernel_width: kernelWidth,
      stride: stride, output_height: outputHeight, output_width: outputWidth, padding_top: paddingTop,
      padding_left: paddingLeft)
  }

  /// The extents of an image with the zeros around it; what no patch reaches is kept.
  private var paddedHeight: Int { max(height &+ paddingTop, (outputHeight &- 1) &* stride &+ kernelHeight) }
  private var paddedWidth: Int { max(width &+ paddingLeft, (outputWidth &- 1) &* stride &+ kernelWidth) }

  /// The images with zeros around them; the images themselves where no patch reaches beyond their borders.
  func padded(_ images: Tensor) -> Storage {
    if paddedHeight == height, paddedWidth == width { return images.storage }
    let (run, step) = (width &* channels, paddedWidth &* channels)
    let result = Storage(batch &* paddedHeight &* step)
    result.pointer.update(repeating: 0, count: result.count)
    withExtendedLifetime(images.storage) {
      for image in 0..<batch {
        for row in 0..<height {
          let target = (image &* paddedHeight &+ paddingTop &+ row) &* step &+ paddingLeft &* channels
          (result.pointer + target).update(from: images.pointer + (image &* height &+ row) &* run, count: run)
        }
      }
    }
    return result
  }
}
