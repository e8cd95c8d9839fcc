import Tensors

/// Batches of changes and gradients: one size, or one factor, for each observation.
extension Tensor {
  /// The norm of each row of the first axis, [rows]; summed in Double.
  func rowSizes(in norm: ThreatModel.Norm) -> [Float] {
    let rows = shape[0]
    let length = count / Swift.max(rows, 1)
    return withElements { elements in
      (0..<rows).map { row in
        let entries = (row * length)..<((row + 1) * length)
        switch norm {
        case .max: return entries.reduce(0) { Swift.max($0, elements[$1].magnitude) }
        case .l2:
          return Float(entries.reduce(0.0) { $0 + Double(elements[$1]) * Double(elements[$1]) }.squareRoot())
        case .l1: return Float(entries.reduce(0.0) { $0 + Double(elements[$1].magnitude) })
        }
      }
    }
  }

  /// Each row of the first axis times a factor of its own.
  package func scaledRows(by factors: [Float]) -> Tensor {
    if let factor = factors.first, factors.allSatisfy({ $0 == factor }) { return self * factor }
    let ones = repeatElement(1, count: shape.rank - 1)
    return self * Tensor(factors, shape: Shape([shape[0]] + ones))
  }

  /// Each row of the first axis over its norm; rows of zeros stay so, and infinite ones become zeros.
  package func normalizedRows(in norm: ThreatModel.Norm) -> Tensor {
    scaledRows(by: rowSizes(in: norm).map { $0 > 0 && $0.isFinite ? 1 / $0 : 0 })
  }
}

extension ThreatModel.Norm {
  /// The norm in which a gradient tells what a step of size 1 can gain.
  var dual: ThreatModel.Norm {
    switch self {
    case .max: .l1
    case .l2: .l2
    case .l1: .max
    }
  }
}
