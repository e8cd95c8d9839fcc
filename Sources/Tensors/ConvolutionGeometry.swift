/// How the borders of an image are treated by a convolution.
public enum Padding: String, Hashable, Sendable, Codable, CaseIterable {
  /// No padding: only whole patches.
  case valid
  /// Zeros around the image, so that the result has ⌈extent / stride⌉ rows and columns; of an odd number of zeros the
  /// larger half lies behind (as in TensorFlow and JAX).
  case same

  /// The extent of a convolution's result along one axis.
  /// - Precondition: stride and kernel are positive, and without padding the kernel fits.
  public func extent(_ extent: Int, kernel: Int, stride: Int) -> Int {
    ConvolutionGeometry.extent(extent, kernel, stride, self).output
  }
}

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

  /// How many patches are laid out at a time: the matrix of a tile (256 KiB) stays in the second-level cache beside the
  /// weights and the results. The tiles of a small batch are of about one size, so that none is too short to be worth
  /// the preparation of a matrix product.
  var tile: Int {
    let limit = max(16, 65_536 / max(patchCount, 1) & ~15)
    let tiles = max(1, (positions &+ limit &- 1) / limit)
    return max(16, ((positions &+ tiles &- 1) / tiles &+ 15) & ~15)
  }

  /// Calls `body` for each tile of positions.
  @inline(__always)
  func forEachTile(_ body: (Range<Int>) -> Void) {
    let tile = tile
    var start = 0
    while start < positions {
      let end = min(start &+ tile, positions)
      body(start..<end)
      start = end
    }
  }

  /// Visits the rows of the patches at some positions: where each lies in its patch and in the images.
  ///
  /// A row of a patch is one run of memory in both, kernel width · channels long, because channels are innermost. What
  /// padding cuts off a run is told by `before` and `after`, in elements; a row wholly in the padding has `length` 0.
  @inline(__always)
  func forEachRow(
    of positions: Range<Int>,
    _ body: (_ patch: Int, _ image: Int, _ before: Int, _ length: Int) -> Void
  ) {
    let run = kernelWidth &* channels
    let area = outputHeight &* outputWidth
    var patch = 0
    var (image, rest) = positions.lowerBound.quotientAndRemainder(dividingBy: max(area, 1))
    var (outputRow, outputColumn) = rest.quotientAndRemainder(dividingBy: max(outputWidth, 1))
    rest = positions.count
    while rest > 0 {
      let top = outputRow &* stride &- paddingTop
      let left = outputColumn &* stride &- paddingLeft
      let clippedLeft = max(left, 0)
      let clippedRight = min(left &+ kernelWidth, width)
      let before = (clippedLeft &- left) &* channels
      let length = max(clippedRight &- clippedLeft, 0) &* channels
      for kernelRow in 0..<kernelHeight {
        let row = top &+ kernelRow
        let inside = row >= 0 && row < height
        body(
          patch, ((image &* height &+ row) &* width &+ clippedLeft) &* channels, before, inside ? length : 0)
        patch &+= run
      }
      outputColumn &+= 1
      if outputColumn == outputWidth {
        outputColumn = 0
        outputRow &+= 1
        if outputRow == outputHeight {
          outputRow = 0
          image &+= 1
        }
      }
      rest &-= 1
    }
  }

  /// Lays the patches at some positions out as the rows of a matrix.
  func gatherPatches(
    _ positions: Range<Int>, from images: UnsafePointer<Float>, into patches: UnsafeMutablePointer<Float>
  ) {
    let run = kernelWidth &* channels
    forEachRow(of: positions) { patch, image, before, length in
      let target = patches + patch
      if length == run {
        for index in 0..<run { target[index] = images[image &+ index] }
        return
      }
      for index in 0..<run { target[index] = 0 }
      for index in 0..<length { target[before &+ index] = images[image &+ index] }
    }
  }

  /// Adds the rows of a patch matrix to where its patches came from: the reverse of ``gatherPatches``.
  func scatterPatches(
    _ positions: Range<Int>, from patches: UnsafePointer<Float>, into images: UnsafeMutablePointer<Float>
  ) {
    forEachRow(of: positions) { patch, image, before, length in
      let (source, target) = (patches + (patch &+ before), images + image)
      for index in 0..<length { target[index] += source[index] }
    }
  }
}
