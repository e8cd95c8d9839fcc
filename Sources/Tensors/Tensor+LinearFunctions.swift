import CKernels

// A matrix as linear functions, one row of coefficients each, of as many variables as there are columns.
extension Tensor {
  /// The least value that each function takes while every variable lies between its bounds, summed in Double.
  /// - Precondition: this is a matrix; one bound of each kind a column.
  package func leastSums(low: [Double], high: [Double]) -> [Double] {
    precondition(
      shape.rank == 2 && low.count == shape[1] && high.count == shape[1],
      "least sums: coefficients \(shape), bounds \(low.count) and \(high.count)")
    let (rows, columns) = (shape[0], shape[1])
    return withUnsafeElements { coefficients in
      Array(unsafeUninitializedCapacity: rows) { result, count in
        if rows > 0 {
          Kernels.table.least_sums(rows, columns, coefficients, low, high, result.baseAddress!)
        }
        count = rows
      }
    }
  }

  /// Scales the positive coefficients of each column by one factor and the others by another.
  /// - Precondition: this is a matrix; one factor of each kind a column.
  package mutating func scaleBySign(positive: [Float], negative: [Float]) {
    precondition(
      shape.rank == 2 && positive.count == shape[1] && negative.count == shape[1],
      "scaling by sign: coefficients \(shape), factors \(positive.count) and \(negative.count)")
    let (rows, columns) = (shape[0], shape[1])
    withUnsafeMutableElements { Kernels.table.scale_by_sign(rows, columns, $0, positive, negative) }
  }
}
