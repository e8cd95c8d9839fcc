import Foundation
import RandomStreams
import Tensors

extension Neighborhood {
  /// One step of steepest ascent in the norm, for each observation of a size that is a share of its budget; not projected.
  ///
  ///     max   x + s · sign(g)
  ///     l2    x + s · g / ‖g‖₂
  ///     l1    x + min(rest of s, room) · sign(gⱼ) for one entry after the other, the largest |gⱼ| first
  ///
  /// Under the L1 norm the range is part of it: what one entry has no room for is spent on the next. Entries that may not change have no part in
  /// any norm; where the gradient is zero nothing moves.
  public func step(from start: Tensor, along gradient: Tensor, share: Float = 1) -> Tensor {
    step(from: start, along: gradient, sizes: share == 1 ? budgets : budgets.map { share * $0 })
  }

  /// One step of steepest ascent of a size for each observation.
  func step(from start: Tensor, along gradient: Tensor, sizes: [Float]) -> Tensor {
    let gradient = masked(gradient)
    if threat.norm == .max, let size = sizes.first, sizes.allSatisfy({ $0 == size }) {
      return start.stepped(by: size, alongSignOf: gradient)
    }
    return start + changes(along: gradient, sizes: sizes, at: start)
  }

  /// The changes of steepest ascent at a point, of a size for each observation.
  func changes(along gradient: Tensor, sizes: [Float], at point: Tensor) -> Tensor {
    let length = length
    return Tensor(shape: center.shape) { result in
      gradient.withElements { gradient in
        point.withElements { point in
          for row in 0..<count {
            let size = sizes[row]
            let entries = (row * length)..<((row + 1) * length)
            switch threat.norm {
            case .max:
              for index in entries where gradient[index].magnitude > 0 {
                result[index] = gradient[index] > 0 ? size : -size
              }
            case .l2:
              let scale = Self.scale(of: gradient, entries, to: size)
              for index in entries where gradient[index].magnitude > 0 {
                result[index] = scale * gradient[index]
              }
            case .l1: fill(&result, gradient, point, entries, size: size)
            }
          }
        }
      }
    }
  }

  /// size / ‖g‖₂ of some entries; 0 where all are zero. Scaled by the largest first, so that squares do not vanish.
  private static func scale(of gradient: Span<Float>, _ entries: Range<Int>, to size: Float) -> Float {
    var largest: Float = 0
    for index in entries { largest = max(largest, abs(gradient[index])) }
    guard largest > 0, largest.isFinite else { return 0 }
    var sum = 0.0
    for index in entries where gradient[index].magnitude > 0 {
      let value = Double(gradient[index]) / Double(largest)
      sum += value * value
    }
    return Float(Double(size) / (sum.squareRoot() * Double(largest)))
  }

  /// Spends a size on the entries in the order of their slopes, on each as far as the range lets it.
  private func fill(
    _ result: inout MutableSpan<Float>, _ gradient: Span<Float>, _ point: Span<Float>, _ entries: Range<Int>,
    size: Float
  ) {
    func room(_ index: Int) -> Float {
      gradient[index] > 0 ? threat.range.upperBound - point[index] : point[index] - threat.range.lowerBound
    }
    var left = size
    let open = entries.filter { gradient[$0].magnitude > 0 && room($0) > 0 }
    for index in open.sorted(by: { abs(gradient[$0]) > abs(gradient[$1]) }) where left > 0 {
      let change = min(left, room(index))
      result[index] = gradient[index] > 0 ? change : -change
      left -= change
    }
  }

  /// The changes of one step under the L1 norm as CleverHans has it: all of the budget on the entry with the largest slope,
  /// shared evenly where several have it, whatever the range.
  func changesOfLargest(along gradient: Tensor) -> Tensor {
    let (gradient, length) = (masked(gradient), length)
    return Tensor(shape: center.shape) { result in
      gradient.withElements { gradient in
        for row in 0..<count {
          let entries = (row * length)..<((row + 1) * length)
          let largest = entries.reduce(0) { max($0, abs(gradient[$1])) }
          let steepest = entries.filter { largest > 0 && abs(gradient[$0]) == largest }
          for index in steepest {
            result[index] = (gradient[index] > 0 ? budgets[row] : -budgets[row]) / Float(steepest.count)
          }
        }
      }
    }
  }

  /// As far as the norm leaves room beside what has changed, an entry of one observation moves up or down.
  /// - Returns: false, and nothing moves, where the budget is spent, to a millionth.
  func move(_ point: inout Tensor, row: Int, entry: Int, up: Bool) -> Bool {
    let (first, budget) = (row * length, Double(budgets[row]))
    let spent: Double = point.withElements { point in
      center.withElements { clean in
        (0..<length).reduce(0) { sum, index in
          let change = abs(Double(point[first + index]) - Double(clean[first + index]))
          return sum + (threat.norm == .l2 ? change * change : change)
        }
      }
    }
    let left =
      switch threat.norm {
      case .max: budget
      case .l2: max(budget * budget - spent, 0).squareRoot()
      case .l1: max(budget - spent, 0)
      }
    guard left > 1e-6 * budget else { return false }
    let range = threat.range
    point.withMutableElements { point in
      let moved = point[first + entry] + (up ? Float(left) : -Float(left))
      point[first + entry] = min(max(moved, range.lowerBound), range.upperBound)
    }
    return true
  }

  /// A point drawn uniformly from each observation's ball, then projected to the range: a random start.
  ///
  /// Under the L2 norm a normal, under the L1 norm a double-exponential direction, scaled to ε·u^(1/n) with n entries
  /// that may change (Muller 1959; Barthe et al. 2005).
  public func randomPoints(using random: inout [RandomStream]) -> Tensor {
    let directions: Tensor
    switch threat.norm {
    case .max:
      return project(center + drawn(using: &random) { $0.uniform(in: -1...1) }.scaledRows(by: budgets))
    case .l2: directions = drawn(using: &random) { Float($0.normal()) }
    case .l1:
      directions = drawn(using: &random) { ($0.chance(0.5) ? 1 : -1) * Float(-log(1 - $0.uniform())) }
    }
    let dimension = Double(max(free.map { $0.count(where: \.self) } ?? length, 1))
    let radii = random.indices.map { budgets[$0] * Float(pow(random[$0].uniform(), 1 / dimension)) }
    return project(center + scaled(directions, to: radii))
  }

  /// For each entry that may change a draw from its observation's stream, in their order; 0 for the others.
  @inline(__always)
  func drawn(using random: inout [RandomStream], _ draw: (inout RandomStream) -> Float) -> Tensor {
    precondition(random.count == count, "one stream for each of \(count) observations")
    let (length, free) = (length, free)
    return Tensor(shape: center.shape) { result in
      for row in 0..<count {
        var stream = random[row]
        for entry in 0..<length where free?[entry] ?? true {
          result[row * length + entry] = draw(&stream)
        }
        random[row] = stream
      }
    }
  }

  /// Each observation's changes scaled to a size in the norm; changes that are all zero stay so.
  func scaled(_ changes: Tensor, to sizes: [Float]) -> Tensor {
    let norms = changes.rowSizes(in: threat.norm)
    return changes.scaledRows(by: zip(sizes, norms).map { $1 > 0 ? $0 / $1 : 0 })
  }

  /// Entries that may not change as they are.
  func replacingFixed(in point: Tensor) -> Tensor {
    guard let free else { return point }
    let length = length
    var point = point
    point.withMutableElements { point in
      center.withElements { center in
        for start in stride(from: 0, to: point.count, by: length) {
          for entry in 0..<length {
            let (moved, fixed) = (point[start &+ entry], center[start &+ entry])
            point[start &+ entry] = free[entry] ? moved : fixed
          }
        }
      }
    }
    return point
  }

  /// Points anywhere in the range, whatever their distance: uniform noise, or corners drawn as evenly.
  package func farPoints(atCorners: Bool, using random: inout [RandomStream]) -> Tensor {
    let range = threat.range
    return replacingFixed(
      in: drawn(using: &random) {
        guard atCorners else { return $0.uniform(in: range) }
        return $0.chance(0.5) ? range.lowerBound : range.upperBound
      })
  }

  /// A point held to the range, whatever its distance; entries that may not change as they are.
  func inRange(_ point: Tensor) -> Tensor { replacingFixed(in: point.clamped(to: threat.range)) }
}
