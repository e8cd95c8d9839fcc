import Foundation
import RandomStreams
import Tensors

extension Neighborhood {
  /// One step of steepest ascent in the norm, for each observation of a size that is a share of its budget; not projected.
  ///
  ///     max   x + s · sign(g)
  ///     l2    x + s · g / ‖g‖₂
  ///     l1    x + s · sign(gⱼ) / k at the k entries with the largest |gⱼ| (Goodfellow et al. in CleverHans)
  ///
  /// Under the L1 norm only entries with room in the direction of the step count. Entries that may not change have no part in
  /// any norm; where the gradient is zero nothing moves.
  public func step(from start: Tensor, along gradient: Tensor, share: Float = 1) -> Tensor {
    let gradient = masked(gradient)
    let isUniform = budgets.allSatisfy { $0 == budgets.first }
    if threat.norm == .max, isUniform, let budget = budgets.first {
      return start.stepped(by: share * budget, alongSignOf: gradient)
    }
    let length = length
    var result = start.stoppingGradient()
    result.withMutableElements { result in
      gradient.withElements { gradient in
        for row in 0..<count {
          let (first, size) = (row * length, share * budgets[row])
          let entries = first..<(first + length)
          switch threat.norm {
          case .max:
            for index in entries where gradient[index] != 0 {
              result[index] += gradient[index] > 0 ? size : -size
            }
          case .l2:
            let scale = Self.scale(of: gradient, entries, to: size)
            for index in entries { result[index] += scale * gradient[index] }
          case .l1: stepAlongLargest(&result, gradient, entries, size: size)
          }
        }
      }
    }
    return result
  }

  /// size / ‖g‖₂ of some entries; 0 where all are zero. Scaled by the largest first, so that squares do not vanish.
  private static func scale(of gradient: Span<Float>, _ entries: Range<Int>, to size: Float) -> Float {
    var largest: Float = 0
    for index in entries { largest = max(largest, abs(gradient[index])) }
    guard largest > 0, largest.isFinite else { return 0 }
    var sum = 0.0
    for index in entries {
      let value = Double(gradient[index]) / Double(largest)
      sum += value * value
    }
    return Float(Double(size) / (sum.squareRoot() * Double(largest)))
  }

  private func stepAlongLargest(
    _ result: inout MutableSpan<Float>, _ gradient: Span<Float>, _ entries: Range<Int>, size: Float
  ) {
    func hasRoom(_ index: Int, _ value: Float) -> Bool {
      gradient[index] > 0 ? value < threat.range.upperBound : value > threat.range.lowerBound
    }
    var (largest, ties) = (Float(0), 0)
    for index in entries {
      let slope = abs(gradient[index])
      guard slope > 0, slope >= largest, hasRoom(index, result[index]) else { continue }
      ties = slope > largest ? 1 : ties + 1
      largest = slope
    }
    guard ties > 0 else { return }
    for index in entries where abs(gradient[index]) == largest && hasRoom(index, result[index]) {
      result[index] += (gradient[index] > 0 ? size : -size) / Float(ties)
    }
  }

  /// A point drawn uniformly from each observation's ball, then projected to the range: a random start.
  ///
  /// Under the L2 norm a normal, under the L1 norm a double-exponential direction, scaled to ε·u^(1/n) with n entries
  /// that may change (Muller 1959; Barthe et al. 2005).
  public func randomPoints(using random: inout [RandomStream]) -> Tensor {
    let directions = drawn(using: &random) { random in
      switch threat.norm {
      case .max: random.uniform(in: -1...1)
      case .l2: Float(random.normal())
      case .l1: (random.chance(0.5) ? 1 : -1) * Float(-log(1 - random.uniform()))
      }
    }
    if threat.norm == .max { return project(center + directions * rowScales(budgets)) }
    let dimension = Double(max(free.map { $0.count(where: \.self) } ?? length, 1))
    let radii = random.indices.map { budgets[$0] * Float(pow(random[$0].uniform(), 1 / dimension)) }
    return project(center + scaled(directions, to: radii))
  }

  /// For each entry that may change a draw from its observation's stream, in their order; 0 for the others.
  func drawn(using random: inout [RandomStream], _ draw: (inout RandomStream) -> Float) -> Tensor {
    precondition(random.count == count, "one stream for each of \(count) observations")
    let length = length
    return Tensor(shape: center.shape) { result in
      for row in 0..<count {
        for entry in 0..<length where free?[entry] ?? true {
          result[row * length + entry] = draw(&random[row])
        }
      }
    }
  }

  /// Each observation's changes scaled to a size in the norm; changes that are all zero stay so.
  func scaled(_ changes: Tensor, to sizes: [Float]) -> Tensor {
    let norms = Neighborhood.zeros(like: self).sizes(of: changes)
    return changes * rowScales(zip(sizes, norms).map { $1 > 0 ? $0 / $1 : 0 })
  }

  /// One factor for each observation, in the shape in which they broadcast.
  private func rowScales(_ scales: [Float]) -> Tensor { Tensor(scales, shape: [count, 1, 1, 1]) }
}
