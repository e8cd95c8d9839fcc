import CKernels

/// One door to matrix products, on the running thread.
enum MatrixProduct {
  /// A matrix that is read where it lies, laid out or not: element (i, j) is rows(i) + columns(j) floats away.
  struct Left {
    let pointer: UnsafePointer<Float>
    let rows: Nest
    let columns: Nest

    init(_ pointer: UnsafePointer<Float>, rows: Nest, columns: Nest) {
      (self.pointer, self.rows, self.columns) = (pointer, rows, columns)
    }

    /// A plain matrix of floats in rows; `transposed` is how the product reads it.
    init(_ pointer: UnsafePointer<Float>, _ rows: Int, _ columns: Int, transposed: Bool = false) {
      let (down, across) = (Nest(rows, step: columns), Nest(columns, step: 1))
      self.init(pointer, rows: transposed ? across : down, columns: transposed ? down : across)
    }
  }

  /// A plain matrix of floats in rows; `transposed` is how the product reads it.
  struct Right {
    let pointer: UnsafePointer<Float>
    /// The stored rows and columns, before any transposition.
    let rows: Int
    let columns: Int
    let transposed: Bool

    init(_ pointer: UnsafePointer<Float>, _ rows: Int, _ columns: Int, transposed: Bool = false) {
      (self.pointer, self.rows, self.columns, self.transposed) = (pointer, rows, columns, transposed)
    }
  }

  /// result += left · right, with the bits of a product that is made elsewhere and then added.
  /// - Precondition: the inner extents agree, right is not transposed; `result` has left's rows times right's columns.
  static func add(_ left: Left, _ right: Right, to result: UnsafeMutablePointer<Float>) {
    precondition(!right.transposed, "only a matrix as it is stored")
    var scratch: Storage?
    if left.columns.count <= mostAddedSums {
      multiply(left, right, into: result, step: nil, adds: true, scratch: &scratch)
      return
    }
    let count = left.rows.count &* right.columns
    let product = Storage(count)
    withExtendedLifetime(product) {
      multiply(left, right, into: product.pointer)
      Kernels.table.add(count, result, product.pointer, result)
    }
  }

  /// The most sums that the kernel adds to a result; more of them it takes in several blocks.
  private static let mostAddedSums = 1024

  /// result = activation(left · right + bias), as far as the activation is a matter of sign: the others are for
  /// ``Activation/finish(_:count:)``.
  ///
  /// - Parameters:
  ///   - bias: as many floats as the result has columns.
  ///   - wanted: as many floats as the result has: where one is not positive, the result may be 0 instead. Only for a
  ///     transposed right matrix, without bias and activation.
  /// - Precondition: the inner extents agree; `result` has room for left's rows times right's columns.
  @inline(__always)
  static func multiply(
    _ left: Left, _ right: Right, bias: UnsafePointer<Float>? = nil, activation: Activation = .identity,
    wanted: UnsafePointer<Float>? = nil, into result: UnsafeMutablePointer<Float>
  ) {
    var scratch: Storage?
    multiply(
      left, right, bias: bias, activation: activation, wanted: wanted, into: result, step: nil,
      scratch: &scratch)
  }

  /// The same with rows of the result that are `step` floats apart, and with a scratch buffer that the caller keeps from
  /// one product to the next, all with one right matrix.
  @inline(__always)
  static func multiply(
    _ left: Left, _ right: Right, bias: UnsafePointer<Float>? = nil, activation: Activation = .identity,
    wanted: UnsafePointer<Float>? = nil, into result: UnsafeMutablePointer<Float>, step: Int?,
    adds: Bool = false, scratch: inout Storage?
  ) {
    let columns = right.transposed ? right.rows : right.columns
    let inner = right.transposed ? right.columns : right.rows
    let step = step ?? columns
    precondition(left.columns.count == inner, "inner extents differ")
    guard left.rows.count > 0, columns > 0 else { return }
    guard inner > 0 else {
      if adds { return }
      for row in 0..<left.rows.count {
        for column in 0..<columns {
          let sum = bias?[column] ?? 0
          result[row &* step &+ column] = activation == .relu ? max(sum, 0) : sum
        }
      }
      return
    }
    var product = Product(
      left: left.pointer, rows: left.rows, sums: left.columns, right: right.pointer, columns: columns,
      transposes_right: right.transposed, bias: bias, floor: activation == .relu ? 0 : -.infinity,
      result: result, result_step: step, adds: adds, wanted: wanted, workspace: nil,
      reuses_workspace: scratch != nil)
    let count = Kernels.table.product_workspace(&product)
    if count > 0 {
      let workspace = scratch ?? Storage(count)
      scratch = workspace
      product.workspace = workspace.pointer
    }
    withExtendedLifetime(scratch) { Kernels.table.product(&product) }
  }
}

extension Nest {
  /// `count` indices, `step` floats apart.
  init(_ count: Int, step: Int) {
    self.init(extent: (1, 1, count), stride: (0, 0, step))
  }

  /// The number of indices.
  var count: Int { extent.0 &* extent.1 &* extent.2 }
}

/// The sums of the columns of a matrix: a bias's gradient.
func columnSums(_ matrix: Tensor, columns: Int) -> Tensor {
  withExtendedLifetime(matrix.storage) {
    Tensor(Shape(columns)) { result in
      let rows = columns == 0 ? 0 : matrix.count / columns
      Kernels.table.column_sums(rows, columns, matrix.pointer, result)
    }
  }
}
