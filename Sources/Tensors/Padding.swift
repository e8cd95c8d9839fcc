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

  /// The zeros before the first element of an axis.
  /// - Precondition: as of ``extent(_:kernel:stride:)``.
  public func zerosBefore(_ extent: Int, kernel: Int, stride: Int) -> Int {
    ConvolutionGeometry.extent(extent, kernel, stride, self).before
  }
}
