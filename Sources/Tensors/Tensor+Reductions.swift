extension Tensor {
  /// The sum of all elements: a scalar. Taken in sixteen interleaved partial sums, in an order that never changes.
  public func sum() -> Tensor {
    let shape = shape
    let node = node
    let total = withExtendedLifetime(storage) { sumOfElements(pointer, count) }
    return Tensor(total).recorded(from: self) { gradient, sums in
      sums.add(to: node) { Tensor(repeating: gradient.scalar, shape: shape) }
    }
  }

  /// The mean of all elements: a scalar.
  /// - Precondition: there is at least one element.
  public func mean() -> Tensor {
    precondition(count > 0, "the mean of no elements")
    return sum() / Float(count)
  }

  /// The sums along an axis, which disappears unless `keepingAxis`. Negative axes count from the end.
  public func sum(alongAxis axis: Int, keepingAxis: Bool = false) -> Tensor {
    let (outer, extent, inner) = shape.split(at: axis)
    let original = shape
    let node = node
    let result = withExtendedLifetime(storage) {
      Tensor(reducedShape(axis, keepingAxis)) { result in
        let source = pointer
        for block in 0..<outer {
          if inner == 1 {
            result[block] = sumOfElements(source + block &* extent, extent)
            continue
          }
          let sums = result + block &* inner
          sums.update(repeating: 0, count: inner)
          for step in 0..<extent {
            let values = source + (block &* extent &+ step) &* inner
            for index in 0..<inner { sums[index] += values[index] }
          }
        }
      }
    }
    return result.recorded(from: self) { gradient, sums in
      sums.add(to: node) {
        gradient.reshaped(to: original.replacing(axis: axis, with: 1)).broadcast(to: original)
      }
    }
  }

  /// The means along an axis, which disappears unless `keepingAxis`. Negative axes count from the end.
  /// - Precondition: the axis is not empty.
  public func mean(alongAxis axis: Int, keepingAxis: Bool = false) -> Tensor {
    precondition(shape[axis] > 0, "the mean along an empty axis of \(shape)")
    return sum(alongAxis: axis, keepingAxis: keepingAxis) / Float(shape[axis])
  }

  /// The largest elements along an axis, which disappears unless `keepingAxis`; of equal ones the first gets the
  /// gradient. Negative axes count from the end.
  /// - Precondition: the axis is not empty.
  public func max(alongAxis axis: Int = -1, keepingAxis: Bool = false) -> Tensor {
    let (outer, extent, inner) = shape.split(at: axis)
    precondition(extent > 0, "the largest along an empty axis of \(shape)")
    let original = shape
    let node = node
    var winners = [Int](repeating: 0, count: outer * inner)
    let result = withExtendedLifetime(storage) {
      Tensor(reducedShape(axis, keepingAxis)) { result in
        let source = pointer
        for block in 0..<outer {
          for index in 0..<inner {
            var winner = block &* extent &* inner &+ index
            for step in 1..<Swift.max(extent, 1) {
              let candidate = (block &* extent &+ step) &* inner &+ index
              // A NaN wins and stays.
              if source[candidate] > source[winner] || source[candidate].isNaN { winner = candidate }
            }
            winners[block &* inner &+ index] = winner
            result[block &* inner &+ index] = source[winner]
          }
        }
      }
    }
    return result.recorded(from: self) { [winners] gradient, sums in
      sums.add(to: node) {
        Tensor(original) { result in
          result.update(repeating: 0, count: original.count)
          gradient.withUnsafeElements { source in
            for (index, winner) in winners.enumerated() { result[winner] = source[index] }
          }
        }
      }
    }
  }

  /// The smallest elements along an axis, which disappears unless `keepingAxis`; of equal ones the first gets the
  /// gradient. Negative axes count from the end.
  public func min(alongAxis axis: Int = -1, keepingAxis: Bool = false) -> Tensor {
    -(-self).max(alongAxis: axis, keepingAxis: keepingAxis)
  }

  /// The largest of groups of `pieces` neighbors on the last axis (Goodfellow et al. 2013, "Maxout Networks"):
  /// [..., units·pieces] gives [..., units].
  /// - Precondition: the last axis is a multiple of `pieces`.
  public func maxout(pieces: Int) -> Tensor {
    precondition(
      pieces > 0 && shape[-1] % pieces == 0, "maxout of \(pieces) pieces over an axis of \(shape[-1])")
    return reshaped(to: Shape(shape.dimensions.dropLast() + [shape[-1] / pieces, pieces])).max(alongAxis: -1)
  }

  /// log Σ eˣ along the last axis, which disappears; safe for any finite input.
  public func logSumExp() -> Tensor {
    let (rows, columns, _) = shape.split(at: -1)
    let result = withExtendedLifetime(storage) {
      Tensor(rows == 1 && shape.rank == 1 ? [] : reducedShape(-1, false)) { result in
        Kernels.table.log_sum_exp(rows, columns, pointer, result)
      }
    }
    guard let node else { return result }
    let input = stoppingGradient()
    return result.recorded(from: self) { gradient, sums in
      sums.add(to: node) { input.exponentials(over: result, scaledBy: gradient) }
    }
  }

  /// −log softmax(z)[label] per row, from logits: [rows, classes] gives [rows].
  ///
  /// Each entry of the gradient is right to the rounding of itself, however sure the label is: an attack follows signs, for which
  /// 1 − p is not to be taken of a p that is rounded.
  /// - Precondition: one label a row, each below the number of classes.
  public func crossEntropy(with labels: [Int]) -> Tensor {
    let (rows, columns, _) = shape.split(at: -1)
    requireLabels(labels)
    // log Σ e^(zⱼ − z[label]): no more is lost than the differences have.
    let differences = withExtendedLifetime(storage) {
      Tensor(shape) { result in
        for row in 0..<rows {
          let (start, label) = (row &* columns, row &* columns &+ labels[row])
          let reference = pointer[label]
          for index in start..<(start &+ columns) { result[index] = pointer[index] - reference }
          result[label] = 0
        }
      }
    }
    let node = node
    let losses = differences.logSumExp()
    return losses.recorded(from: self) { gradient, sums in
      sums.add(to: node) {
        var result = differences.exponentials(over: losses, scaledBy: gradient)
        result.withUnsafeMutableElements { result in
          for row in 0..<rows {
            let (start, label) = (row &* columns, row &* columns &+ labels[row])
            result[label] = 0
            result[label] = -(start..<(start &+ columns)).reduce(0) { $0 + result[$1] }
          }
        }
        return result
      }
    }
  }

  /// log softmax(z)[label] per row, from logits: [rows, classes] gives [rows]. The same as `gather(labels) - logSumExp()` in one
  /// step, because every training step of a policy takes it. Value and gradient are right to the rounding of the largest logit and of
  /// 1, which is enough to learn by; ``crossEntropy(with:)`` is its negative, with an exact gradient.
  /// - Precondition: one label a row, each below the number of classes.
  public func logProbabilities(of labels: [Int]) -> Tensor {
    let (rows, columns, _) = shape.split(at: -1)
    requireLabels(labels)
    let logits = stoppingGradient()
    let node = node
    let normalizers = logits.logSumExp()
    let result = withExtendedLifetimes(storage, normalizers.storage) {
      Tensor(normalizers.shape) { result in
        for row in 0..<rows {
          result[row] = pointer[row &* columns &+ labels[row]] - normalizers.pointer[row]
        }
      }
    }
    return result.recorded(from: self) { gradient, sums in
      sums.add(to: node) {
        var result = logits.exponentials(over: normalizers, scaledBy: -gradient)
        gradient.withUnsafeElements { scales in
          result.withUnsafeMutableElements { result in
            for row in 0..<rows { result[row &* columns &+ labels[row]] += scales[row] }
          }
        }
        return result
      }
    }
  }

  private func requireLabels(_ labels: [Int]) {
    let (rows, columns, _) = shape.split(at: -1)
    precondition(labels.count == rows, "\(labels.count) labels for the \(rows) rows of \(shape)")
    for label in labels {
      precondition(label >= 0 && label < columns, "label \(label) in rows of \(columns)")
    }
  }

  /// eˣ over its sum along the last axis. Each is right to about 10⁻⁷ times the largest |x|, as ``logSoftmax()`` is.
  public func softmax() -> Tensor { logSoftmax().exp() }

  /// x − log Σ eˣ along the last axis. The error is about 10⁻⁷ times the largest |x|: where that is 10⁷, the result is right to 1.
  public func logSoftmax() -> Tensor {
    let normalizer = logSumExp()
    return self - normalizer.reshaped(to: shape.replacing(axis: -1, with: 1))
  }

  /// Of each row along the last axis the index of its largest element, the first of equals; NaN counts as smallest.
  /// - Precondition: the last axis is not empty.
  public func argmax() -> [Int] {
    let (rows, columns, _) = shape.split(at: -1)
    precondition(columns > 0, "the largest along an empty axis of \(shape)")
    return withExtendedLifetime(storage) {
      (0..<rows).map { row in
        let values = pointer + row &* columns
        var (winner, largest) = (0, values[0])
        for column in 1..<columns {
          let value = values[column]
          if value > largest || (largest.isNaN && !value.isNaN) { (winner, largest) = (column, value) }
        }
        return winner
      }
    }
  }

  private func reducedShape(_ axis: Int, _ keepingAxis: Bool) -> Shape {
    if keepingAxis { return shape.replacing(axis: axis, with: 1) }
    if shape.rank == 2, shape.resolved(axis) == 1 { return Shape(shape[0]) }
    return shape.removing(axis: axis)
  }

  /// g·e^(x − n) with one g and one n per row: the gradient of ``logSumExp()``.
  private func exponentials(over normalizers: Tensor, scaledBy scales: Tensor) -> Tensor {
    let (rows, columns, _) = shape.split(at: -1)
    return withExtendedLifetimes(storage, normalizers.storage, scales.storage) {
      Tensor(shape) {
        Kernels.table.exponentials(rows, columns, pointer, normalizers.pointer, scales.pointer, $0)
      }
    }
  }
}

/// A sum in sixteen interleaved partial sums: fast, more exact than one running sum, and always in the same order.
@inline(__always)
private func sumOfElements(_ source: UnsafePointer<Float>, _ count: Int) -> Float {
  if count < 16 {
    var total: Float = 0
    for index in 0..<count { total += source[index] }
    return total
  }
  var partial = SIMD16<Float>(repeating: 0)
  let whole = count & ~15
  var index = 0
  while index < whole {
    partial += UnsafeRawPointer(source + index).loadUnaligned(as: SIMD16<Float>.self)
    index &+= 16
  }
  var total = partial.sum()
  while index < count {
    total += source[index]
    index &+= 1
  }
  return total
}
