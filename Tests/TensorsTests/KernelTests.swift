import CKernels
import Foundation
import RandomStreams
import Testing

/// The kernels of every instruction set that this processor has, against their definitions in Double.
struct KernelTests {
  static let sets: [InstructionSet] = [
    instruction_set_baseline, instruction_set_avx2, instruction_set_avx512,
  ].filter { kernels_for($0) != nil }

  func table(_ set: InstructionSet) -> KernelTable { kernels_for(set)!.pointee }

  /// Floats as kernels expect them: whole vectors, and one more that may be read. What nobody owns is NaN, so that a
  /// kernel that uses it is found out.
  func buffer(_ values: [Float]) -> [Float] {
    values + Array(repeating: .nan, count: (values.count + 15) / 16 * 16 + 16 - values.count)
  }

  func draw(_ count: Int, seed: UInt64) -> [Float] {
    var random = RandomStream(seed: seed)
    return (0..<count).map { _ in Float(random.normal()) }
  }

  // MARK: - Elements

  /// Ordinary numbers, in a count that is no multiple of 16, among them those that are not.
  private var elements: [Float] {
    draw(40, seed: 4) + [
      0, -0.0, .infinity, -.infinity, .nan, .leastNonzeroMagnitude, -.leastNonzeroMagnitude, 100, -100, 3e38,
    ]
  }

  /// What a kernel writes, by the bits, for all instruction sets and for its definition.
  private func check(
    _ definition: (Float, Float) -> Float,
    _ kernel: (KernelTable, Int, UnsafePointer<Float>, UnsafePointer<Float>, UnsafeMutablePointer<Float>) ->
      Void,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let (left, right) = (elements, Array(elements.reversed()))
    for set in Self.sets {
      var result = buffer(left)
      kernel(table(set), left.count, buffer(left), buffer(right), &result)
      for index in left.indices {
        let expected = definition(left[index], right[index])
        #expect(
          result[index] == expected || (result[index].isNaN && expected.isNaN),
          "\(left[index]), \(right[index])", sourceLocation: sourceLocation)
      }
    }
  }

  @Test func elementwiseKernelsEqualTheirDefinitions() {
    check({ $0 + $1 }, { $0.add($1, $2, $3, $4) })
    check({ $0 - $1 }, { $0.subtract($1, $2, $3, $4) })
    check({ $0 * $1 }, { $0.multiply($1, $2, $3, $4) })
    check({ x, _ in x * 0.3 }, { table, count, x, _, result in table.scale(count, x, 0.3, result) })
    func sign(_ x: Float) -> Float { x > 0 ? 1 : x < 0 ? -1 : 0 }
    check({ x, _ in sign(x) }, { table, count, x, _, result in table.sign(count, x, result) })
    check({ $0 + 0.1 * sign($1) }, { $0.add_sign($1, $2, 0.1, $3, $4) })
    check(
      { x, _ in x < -0.5 ? -0.5 : x > 0.7 ? 0.7 : x },
      { table, count, x, _, result in table.clamp(count, x, -0.5, 0.7, result) })
    for slope: Float in [0, 0.2] {
      check(
        { x, _ in x < 0 ? (slope == 0 ? 0 : x * slope) : x },
        { table, count, x, _, result in table.rectify(count, x, slope, result) })
      check(
        { $1 > 0 ? $0 : slope == 0 ? 0 : $0 * slope }, { $0.rectifier_gradient($1, $2, $3, slope, $4) })
    }
  }

  @Test func surroundingsEqualTheirDefinition() {
    func clamped(_ x: Float) -> Float { x < -0.5 ? -0.5 : x > 0.7 ? 0.7 : x }
    check({ x, _ in (clamped(x - 0.3) + clamped(x + 0.3)) * 0.5 }) {
      table, count, x, _, target in
      var radii = buffer([Float](repeating: 0, count: count))
      table.surround(count, x, 0.3, -0.5, 0.7, target, &radii)
    }
    check({ x, _ in (clamped(x + 0.3) - clamped(x - 0.3)) * 0.5 }) {
      table, count, x, _, target in
      var centers = buffer([Float](repeating: 0, count: count))
      table.surround(count, x, 0.3, -0.5, 0.7, &centers, target)
    }
  }

  /// With the definition of what lies at the ends: the rectifier, and the slope that its gradient has there.
  @Test func intervalKernelsEqualTheirDefinitions() {
    for slope: Float in [0, 0.2] {
      func times(_ x: Float) -> Float { slope == 0 ? 0 : x * slope }
      func rectified(_ x: Float) -> Float { x < 0 ? times(x) : x }
      let definitions: [(Float, Float) -> Float] = [
        { (rectified($0 - $1) + rectified($0 + $1)) * 0.5 },
        { (rectified($0 + $1) - rectified($0 - $1)) * 0.5 },
      ]
      // Gradients 3 and 1: half the sum reaches the upper end, half the difference the lower one.
      let gradients: [(Float, Float) -> Float] = [1, -1].map { sign in
        { ($0 + $1 > 0 ? 2 : times(2)) + sign * ($0 - $1 > 0 ? 1 : times(1)) }
      }
      for index in 0...1 {
        /// Hands the target over as one of two, beside one that is not looked at.
        func write(
          _ target: UnsafeMutablePointer<Float>, _ count: Int,
          _ kernel: (UnsafeMutablePointer<Float>, UnsafeMutablePointer<Float>) -> Void
        ) {
          var other = buffer([Float](repeating: 0, count: count))
          other.withUnsafeMutableBufferPointer {
            if index == 0 { kernel(target, $0.baseAddress!) } else { kernel($0.baseAddress!, target) }
          }
        }
        check(definitions[index]) { table, count, center, radius, target in
          write(target, count) { table.rectify_intervals(count, center, radius, slope, $0, $1) }
        }
        check(gradients[index]) { table, count, center, radius, target in
          let three = buffer([Float](repeating: 3, count: count))
          let one = buffer([Float](repeating: 1, count: count))
          write(target, count) {
            table.intervals_gradient(count, three, one, center, radius, slope, $0, $1)
          }
        }
      }
    }
  }

  /// The transcendental functions are compared with Foundation's elsewhere; here, the instruction sets with each other.
  @Test(.enabled(if: sets.count > 1, "one instruction set has none to be compared with"))
  func transcendentalKernelsGiveTheSameBits() {
    let input = buffer(stride(from: Float(-20), to: 20, by: 0.037).map { $0 } + elements)
    var results: [[UInt32]] = []
    for set in Self.sets {
      var bits: [UInt32] = []
      var result = input
      let kernels = table(set)
      for kernel in [kernels.exponential, kernels.hyperbolic_tangent, kernels.sigmoid] {
        kernel(input.count - 16, input, &result)
        bits += result.map { $0.isNaN ? 0 : $0.bitPattern }
      }
      kernels.log_sum_exp(50, 7, input, &result)
      kernels.exponentials(50, 7, input, result, result, &result)
      results.append(bits + result.map { $0.isNaN ? 0 : $0.bitPattern })
    }
    for result in results.dropFirst() { #expect(result == results[0]) }
  }

  @Test(arguments: sets)
  func logSumExpAndItsExponentialsOfRows(_ set: InstructionSet) {
    for columns in [1, 6, 16, 19] {
      let logits = draw(5 * columns, seed: 8)
      let factors = buffer(draw(5, seed: 9))
      var normalizers = buffer([Float](repeating: 0, count: 5))
      var result = [Float](repeating: 4711, count: 5 * columns + 32)
      table(set).log_sum_exp(5, columns, buffer(logits), &normalizers)
      table(set).exponentials(5, columns, buffer(logits), normalizers, factors, &result)
      for row in 0..<5 {
        let values = logits[(row * columns)..<((row + 1) * columns)].map(Double.init)
        let expected = log(values.map { exp($0) }.reduce(0, +))
        #expect(abs(Double(normalizers[row]) - expected) < 1e-5)
        for (column, value) in values.enumerated() {
          let exact = Double(factors[row]) * exp(value - expected)
          #expect(abs(Double(result[row * columns + column]) - exact) < 1e-5)
        }
      }
      #expect(result.suffix(32).allSatisfy { $0 == 4711 })
    }
  }

  @Test(arguments: sets)
  func columnSumsEqualTheirDefinition(_ set: InstructionSet) {
    for (rows, columns) in [(1, 1), (9, 7), (33, 16), (20, 37)] {
      let matrix = draw(rows * columns, seed: 5)
      var result = [Float](repeating: 4711, count: columns + 16)
      table(set).column_sums(rows, columns, buffer(matrix), &result)
      for column in 0..<columns {
        let expected = (0..<rows).map { Double(matrix[$0 * columns + column]) }.reduce(0, +)
        #expect(abs(Double(result[column]) - expected) < 1e-5)
      }
      #expect(result.suffix(16).allSatisfy { $0 == 4711 })
    }
  }

  @Test(arguments: sets)
  func linearFunctionsEqualTheirDefinitions(_ set: InstructionSet) {
    for (rows, columns) in [(1, 1), (3, 16), (4, 37)] {
      var coefficients = buffer(draw(rows * columns, seed: 6))
      coefficients[0] = 0
      let low = draw(columns, seed: 7).map(Double.init)
      let high = low.map { $0 + 0.5 }
      var sums = [Double](repeating: 4711, count: rows + 1)
      table(set).least_sums(rows, columns, coefficients, low, high, &sums)
      // Row after row, and the columns' bounds again for each.
      for row in 0..<rows {
        let least = (0..<columns).map { column -> Double in
          let coefficient = Double(coefficients[row * columns + column])
          return min(coefficient * low[column], coefficient * high[column])
        }
        let expected = least.reduce(0, +)
        #expect(abs(sums[row] - expected) < 1e-12)
      }
      #expect(sums[rows] == 4711)

      let (positive, negative) = (draw(columns, seed: 8), draw(columns, seed: 9))
      var scaled = coefficients
      table(set).scale_by_sign(rows, columns, &scaled, positive, negative)
      for index in 0..<(rows * columns) {
        let factor = coefficients[index] > 0 ? positive[index % columns] : negative[index % columns]
        #expect(scaled[index] == coefficients[index] * factor)
      }
      #expect(scaled.dropFirst(rows * columns).allSatisfy { $0.isNaN })
    }
  }

  // MARK: - Updates

  /// A piece that ends anywhere changes nothing behind it, and all instruction sets give the bits of the
  /// formula, rounded after each operation.
  @Test(arguments: [1, 15, 16, 17, 50])
  func updatesOfPieces(_ count: Int) {
    let starts = (0..<4).map { buffer(draw(70, seed: 10 + $0)) }
    for set in Self.sets {
      let kernels = table(set)
      let (gradient, squares) = (starts[1], starts[3].map { abs($0) })
      var (adam, mean, square) = (starts[0], starts[2], squares)
      let step = AdamStep(beta1: 0.9, beta2: 0.999, epsilon: 1e-8, rate: 0.01, scale: 1.5)
      kernels.adam(count, &adam, gradient, &mean, &square, step)
      var (descent, velocity, sum) = (starts[0], starts[2], starts[0])
      kernels.descend(count, &descent, gradient, &velocity, 0.9, 0.01)
      kernels.accumulate(count, &sum, gradient)
      for index in 0..<count {
        let (parameter, slope) = (Double(starts[0][index]), Double(gradient[index]))
        let first = 0.9 * Double(starts[2][index]) + 0.1 * slope
        let second = 0.999 * Double(squares[index]) + 0.001 * slope * slope
        let next = parameter - 0.01 * first / (second.squareRoot() * 1.5 + 1e-8)
        #expect(abs(Double(adam[index]) - next) < 1e-6)
        #expect(abs(Double(mean[index]) - first) < 1e-6)
        #expect(abs(Double(square[index]) - second) < 1e-6)
        let speed = 0.9 * Double(starts[2][index]) + slope
        #expect(abs(Double(velocity[index]) - speed) < 1e-6)
        #expect(abs(Double(descent[index]) - (parameter - 0.01 * speed)) < 1e-6)
        #expect(sum[index] == starts[0][index] + gradient[index])
        #expect(velocity[index] == 0.9 * starts[2][index] + gradient[index])
        #expect(descent[index] == starts[0][index] - 0.01 * velocity[index])
        #expect(mean[index] == 0.9 * starts[2][index] + (1 - step.beta1) * gradient[index])
        let squared = gradient[index] * gradient[index]
        #expect(square[index] == 0.999 * squares[index] + (1 - step.beta2) * squared)
        let divisor = square[index].squareRoot() * 1.5 + 1e-8
        #expect(adam[index] == starts[0][index] - 0.01 * mean[index] / divisor)
      }
      for (changed, before) in [
        (adam, starts[0]), (mean, starts[2]), (square, squares), (descent, starts[0]), (velocity, starts[2]),
        (sum, starts[0]),
      ] { #expect(changed[count..<70] == before[count..<70]) }
    }
  }

  // MARK: - Changes

  @Test(arguments: [1, 15, 16, 17, 50])
  func holdingKeepsToTheCenterTheMaskAndTheRange(_ count: Int) {
    let center = draw(count, seed: 1)
    var proposed = draw(count, seed: 2)
    proposed[count / 2] = .nan
    let mask: [Float] = (0..<count).map { $0.isMultiple(of: 3) ? 0 : 1 }
    for set in Self.sets {
      for isMasked in [false, true] {
        // What lies behind the last element is another's, and stays.
        var result = buffer(Array(repeating: 7, count: count + 20))
        buffer(mask).withUnsafeBufferPointer { mask in
          table(set).hold(
            count, buffer(proposed), buffer(center), isMasked ? mask.baseAddress : nil, 0.3, -0.5, 0.7,
            &result)
        }
        for index in 0..<count {
          let origin = center[index]
          let reach: Float = isMasked && mask[index] == 0 ? 0 : 0.3
          let wanted = proposed[index].isNaN ? origin : proposed[index]
          let near = min(max(wanted, origin - reach), origin + reach)
          #expect(result[index] == min(max(near, min(-0.5, origin)), max(0.7, origin)))
        }
        #expect(result[count..<(count + 20)].allSatisfy { $0 == 7 })
      }
    }
  }

  @Test(arguments: [1, 15, 16, 17, 50])
  func changesAreMeasuredAndJudged(_ count: Int) {
    let center = (0..<count).map { Float($0) / Float(count) }
    let mask: [Float] = (0..<count).map { $0 == 0 ? 0 : 1 }
    for set in Self.sets {
      func change(_ moved: [Float], isMasked: Bool = false) -> Change {
        buffer(mask).withUnsafeBufferPointer {
          table(set).change(count, buffer(moved), buffer(center), isMasked ? $0.baseAddress : nil, 0, 1)
        }
      }
      var moved = center
      #expect(change(moved).largest == 0 && !change(moved, isMasked: true).is_forbidden)
      moved[count - 1] = 1
      #expect(change(moved).largest == 1 - center[count - 1] && !change(moved).is_forbidden)
      moved[count - 1] = 1.25
      #expect(change(moved).largest == 1.25 - center[count - 1] && change(moved).is_forbidden)
      moved = center
      moved[0] = 0.5
      #expect(!change(moved).is_forbidden && change(moved, isMasked: true).is_forbidden)
      moved[0] = .nan
      #expect(change(moved).is_forbidden)
    }
  }

  // MARK: - Patches

  /// How patches lie in an image: from its corner or from above and before it, and beyond the opposite corner or not.
  struct Placement: CustomTestStringConvertible, Sendable {
    let stride, kernel: Int
    var isPadded = false
    var reachesBeyond = false

    var testDescription: String { "\(kernel)/\(stride), padded \(isPadded), beyond \(reachesBeyond)" }

    static let all: [Placement] =
      [(1, 2), (2, 4), (1, 3), (2, 6), (2, 3)].map { Placement(stride: $0, kernel: $1) }
      + (1...3).map { Placement(stride: $0, kernel: 4, isPadded: true, reachesBeyond: true) }
      + [
        Placement(stride: 2, kernel: 4, isPadded: true), Placement(stride: 2, kernel: 4, reachesBeyond: true),
      ]
  }

  /// Patches of an odd image, given in two parts.
  @Test(arguments: sets, Placement.all)
  func scatteringEqualsItsDefinition(_ set: InstructionSet, _ placement: Placement) {
    let (stride, kernel) = (placement.stride, placement.kernel)
    for channels in [1, 3, 5, 7, 8, 15, 17] {
      let (images, height, width) = (3, 9, 11)
      let (above, before) = placement.isPadded ? (1, 2) : (0, 0)
      func extent(_ extent: Int) -> Int {
        placement.reachesBeyond ? (extent + stride - 1) / stride : (extent - kernel) / stride + 1
      }
      let (rows, columns) = (extent(height), extent(width))
      let length = kernel * kernel * channels
      let step = length + 3
      let positions = images * rows * columns
      let patches = buffer(draw(positions * step, seed: 6))
      var expected = [Double](repeating: 0, count: images * height * width * channels)
      for position in 0..<positions {
        let (image, row, column) = (
          position / (rows * columns), position / columns % rows, position % columns
        )
        for y in 0..<kernel {
          for x in 0..<kernel {
            let (top, left) = (row * stride - above + y, column * stride - before + x)
            guard (0..<height).contains(top), (0..<width).contains(left) else { continue }
            for channel in 0..<channels {
              expected[((image * height + top) * width + left) * channels + channel] += Double(
                patches[position * step + (y * kernel + x) * channels + channel])
            }
          }
        }
      }
      var geometry = Patches(
        height: height, width: width, channels: channels, kernel_height: kernel, kernel_width: kernel,
        stride: stride, output_height: rows, output_width: columns, padding_top: above, padding_left: before)
      var result = [Float](repeating: 4711, count: expected.count + 16)
      let first = positions / 3
      patches.withUnsafeBufferPointer { patches in
        table(set).scatter(&geometry, 0, first, patches.baseAddress!, step, &result)
        table(set).scatter(
          &geometry, first, positions - first, patches.baseAddress! + first * step, step, &result)
      }
      for (value, exact) in zip(result, expected) { #expect(abs(Double(value) - exact) < 1e-5) }
      #expect(result.suffix(16).allSatisfy { $0 == 4711 })
    }
  }
}
