import COpenBLAS

/// One door to BLAS: matrix products on the running thread.
enum MatrixProduct {
  /// A matrix of floats in rows; `transposed` is how the product reads it.
  struct Operand {
    let pointer: UnsafePointer<Float>
    /// The stored rows and columns, before any transposition.
    let rows: Int
    let columns: Int
    let transposed: Bool

    init(_ pointer: UnsafePointer<Float>, _ rows: Int, _ columns: Int, transposed: Bool = false) {
      self.pointer = pointer
      self.rows = rows
      self.columns = columns
      self.transposed = transposed
    }
  }

  /// BLAS with threads of its own would fight with ours over the cores, and sum in an order that depends on their
  /// number. Threads are used over shards of a batch instead.
  private static let oneThread: Void = openblas_set_num_threads(1)

  /// Whether a single row is better multiplied as a vector. OpenBLAS has kernels for small matrix products, which win
  /// up to about a million multiplications except where the sums are short; beyond, it would copy the whole matrix.
  @inline(__always)
  private static func prefersVector(_ inner: Int, _ columns: Int, transposed: Bool) -> Bool {
    inner &* columns > 1_000_000 || (transposed && inner <= 8)
  }

  /// result = left · right, or result += left · right when `accumulating`.
  /// - Precondition: the inner extents agree; `result` has room for left's rows times right's columns.
  @inline(__always)
  static func multiply(
    _ left: Operand, _ right: Operand, into result: UnsafeMutablePointer<Float>,
    accumulating: Bool = false
  ) {
    oneThread
    let rows = left.transposed ? left.columns : left.rows
    let inner = left.transposed ? left.rows : left.columns
    let columns = right.transposed ? right.rows : right.columns
    precondition(inner == (right.transposed ? right.columns : right.rows), "inner extents differ")
    guard rows > 0, columns > 0 else { return }
    guard inner > 0 else {
      if !accumulating { result.update(repeating: 0, count: rows &* columns) }
      return
    }
    if rows == 1, !left.transposed, prefersVector(inner, columns, transposed: right.transposed) {
      cblas_sgemv(
        CblasRowMajor, right.transposed ? CblasNoTrans : CblasTrans,
        Int32(truncatingIfNeeded: right.rows), Int32(truncatingIfNeeded: right.columns),
        1, right.pointer, Int32(truncatingIfNeeded: right.columns), left.pointer, 1,
        accumulating ? 1 : 0, result, 1)
      return
    }
    cblas_sgemm(
      CblasRowMajor, left.transposed ? CblasTrans : CblasNoTrans,
      right.transposed ? CblasTrans : CblasNoTrans,
      Int32(truncatingIfNeeded: rows), Int32(truncatingIfNeeded: columns), Int32(truncatingIfNeeded: inner),
      1, left.pointer, Int32(truncatingIfNeeded: left.columns),
      right.pointer, Int32(truncatingIfNeeded: right.columns),
      accumulating ? 1 : 0, result, Int32(truncatingIfNeeded: columns))
  }
}

/// The sums of the columns of a matrix: a bias's gradient.
func columnSums(_ matrix: Tensor, columns: Int) -> Tensor {
  withExtendedLifetime(matrix.storage) {
    Tensor(Shape(columns)) { result in
      result.update(repeating: 0, count: columns)
      let rows = columns == 0 ? 0 : matrix.count / columns
      for row in 0..<rows {
        let values = matrix.pointer + row &* columns
        for column in 0..<columns { result[column] += values[column] }
      }
    }
  }
}
