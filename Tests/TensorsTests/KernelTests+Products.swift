import CKernels
import Testing

/// The matrix product of every instruction set.
extension KernelTests {
  /// A product of matrices that are laid out, or of patches.
  struct ProductCase: Sendable, CustomTestStringConvertible {
    var rows: [Int]
    var rowSteps: [Int]
    var sums: [Int]
    var sumSteps: [Int]
    var columns: Int
    var isTransposed = false
    var hasBias = false
    var isRectified = false
    var hasRoom = false
    /// Half of the left matrix, as behind a rectifier.
    var hasZeros = false

    /// A row times the rows of the right matrix, both laid out.
    var isOneRow: Bool { isTransposed && rows == [1, 1, 1] && sumSteps[2] == 1 && sums[...1] == [1, 1] }

    var testDescription: String {
      "\(rows)×\(sums)×\(columns)\(isTransposed ? " transposed" : "")\(hasBias ? " bias" : "")"
        + "\(isRectified ? " rectified" : "")\(hasRoom ? " room" : "")\(hasZeros ? " zeros" : "")"
    }

    static func offsets(_ extents: [Int], _ steps: [Int]) -> [Int] {
      (0..<extents[0]).flatMap { i in
        (0..<extents[1]).flatMap { j in
          (0..<extents[2]).map { k in i * steps[0] + j * steps[1] + k * steps[2] }
        }
      }
    }
  }

  private static func matrix(_ rows: Int, _ sums: Int, _ columns: Int) -> ProductCase {
    ProductCase(
      rows: [1, 1, rows], rowSteps: [0, 0, sums], sums: [1, 1, sums], sumSteps: [0, 0, 1], columns: columns)
  }

  /// Around the extents of tiles, panels and blocks, and one beside each.
  static let products: [ProductCase] = {
    var cases: [ProductCase] = []
    for (rows, sums, columns) in [
      (1, 1, 1), (1, 7, 64), (1, 64, 7), (1, 147, 65), (1, 1100, 150), (2, 1, 33), (5, 16, 16), (7, 17, 6),
      (8, 3, 36),
      (9, 64, 48), (13, 31, 64), (50, 20, 130), (6, 1024, 17), (3, 1025, 64), (49, 2100, 70), (40, 1, 19),
    ] {
      cases.append(matrix(rows, sums, columns))
      var variant = matrix(rows, sums, columns)
      (variant.isTransposed, variant.isRectified, variant.hasBias) = (true, true, true)
      cases.append(variant)
      variant.isTransposed = false
      variant.hasRoom = true
      cases.append(variant)
      variant.hasRoom = false
      variant.hasZeros = true
      cases.append(variant)
    }
    // Patches of 3×2 in images of 7×6×3 with stride 2, as the left matrix and as its transpose.
    let (positions, positionSteps) = ([90, 3, 3], [126, 36, 6])
    let (patch, patchSteps) = ([1, 3, 6], [0, 18, 1])
    for columns in [5, 16, 70] {
      cases.append(
        ProductCase(
          rows: positions, rowSteps: positionSteps, sums: patch, sumSteps: patchSteps, columns: columns))
      // 810 and 1,800 sums: in one block and in two.
      for images in [90, 200] {
        cases.append(
          ProductCase(
            rows: patch, rowSteps: patchSteps, sums: [images, 3, 3], sumSteps: positionSteps, columns: columns
          ))
      }
    }
    // Images that are fetched ahead.
    cases.append(
      ProductCase(
        rows: [2, 20, 20], rowSteps: [28224, 1344, 16], sums: [1, 8, 32], sumSteps: [0, 336, 1], columns: 32))
    return cases
  }()

  /// Columns that fill sixteen several times over.
  private static let wantedProducts: [ProductCase] = [(64, 147), (70, 16), (512, 1000), (3, 5), (16, 33)].map
  { sums, columns in
    var example = matrix(1, sums, columns)
    example.isTransposed = true
    return example
  }

  /// - Parameters:
  ///   - start: what the product is added to; nil for nothing.
  ///   - wanted: positive for the columns that are; nil for all.
  private func multiplied(
    _ set: InstructionSet, _ example: ProductCase, twice: Bool = false, to start: [Float]? = nil,
    wanted: [Float]? = nil
  ) -> [Float] {
    let rows = example.rows.reduce(1, *)
    let step = example.hasRoom ? (example.columns + 15) / 16 * 16 : example.columns
    let (left, right, bias) = operands(example)
    // What lies behind the result belongs to others.
    var result = [Float](repeating: 4711, count: rows * step + 32)
    if let start { result.replaceSubrange(0..<rows * step, with: start) }
    left.withUnsafeBufferPointer { left in
      right.withUnsafeBufferPointer { right in
        bias.withUnsafeBufferPointer { bias in
          result.withUnsafeMutableBufferPointer { result in
            var product = Product(
              left: left.baseAddress!, rows: nest(example.rows, example.rowSteps),
              sums: nest(example.sums, example.sumSteps), right: right.baseAddress!, columns: example.columns,
              transposes_right: example.isTransposed, bias: example.hasBias ? bias.baseAddress : nil,
              floor: example.isRectified ? 0 : -.infinity, result: result.baseAddress!, result_step: step,
              adds: start != nil, wanted: nil, workspace: nil, reuses_workspace: false)
            let mask = buffer(wanted ?? [])
            var workspace = [Float](repeating: .nan, count: table(set).product_workspace(&product))
            workspace.withUnsafeMutableBufferPointer { workspace in
              product.workspace = workspace.baseAddress
              mask.withUnsafeBufferPointer { mask in
                product.wanted = wanted == nil ? nil : mask.baseAddress
                table(set).product(&product)
                guard twice else { return }
                product.reuses_workspace = true
                table(set).product(&product)
              }
            }
          }
        }
      }
    }
    #expect(result.suffix(32).allSatisfy { $0 == 4711 })
    return (0..<rows).flatMap { result[($0 * step)..<($0 * step + example.columns)] }
  }

  private func nest(_ extent: [Int], _ stride: [Int]) -> Nest {
    Nest(extent: (extent[0], extent[1], extent[2]), stride: (stride[0], stride[1], stride[2]))
  }

  private func operands(_ example: ProductCase) -> (left: [Float], right: [Float], bias: [Float]) {
    let reach =
      ProductCase.offsets(example.rows, example.rowSteps).max()!
      + ProductCase.offsets(example.sums, example.sumSteps).max()! + 1
    var left = draw(reach, seed: 1)
    // The last of them all: what was found before still has to be added.
    if example.hasZeros {
      for index in left.indices where left[index] < 0 || index >= reach - 20 { left[index] = 0 }
    }
    return (
      buffer(left), buffer(draw(example.sums.reduce(1, *) * example.columns, seed: 2)),
      buffer(draw(example.columns, seed: 3))
    )
  }

  @Test(arguments: sets, products)
  func productEqualsItsDefinition(_ set: InstructionSet, _ example: ProductCase) {
    let (left, right, bias) = operands(example)
    let sums = ProductCase.offsets(example.sums, example.sumSteps)
    var expected: [Double] = []
    for row in ProductCase.offsets(example.rows, example.rowSteps) {
      for column in 0..<example.columns {
        var sum = example.hasBias ? Double(bias[column]) : 0
        for (index, offset) in sums.enumerated() {
          let place = example.isTransposed ? column * sums.count + index : index * example.columns + column
          sum += Double(left[row + offset]) * Double(right[place])
        }
        expected.append(example.isRectified ? max(sum, 0) : sum)
      }
    }
    let result = multiplied(set, example)
    let difference = zip(result, expected).map { (Double($0) - $1) * (Double($0) - $1) }.reduce(0, +)
    #expect(difference.squareRoot() <= 1e-6 * expected.map { $0 * $0 }.reduce(0, +).squareRoot())
    #expect(multiplied(set, example, twice: true) == result)
  }

  /// Where a column is wanted, the bits of the product of all; nothing at all beside the result.
  @Test(arguments: sets, wantedProducts)
  func wantedColumnsAreRight(_ set: InstructionSet, _ example: ProductCase) {
    let all = multiplied(set, example)
    let some = draw(example.columns, seed: 6)
    for wanted in [
      some, some.map { -abs($0) }, some.map { abs($0) + 1 }, some.map { $0 < 1 ? 0 : .nan },
      some.indices.map { $0 < 20 ? -1 : 1 },
    ] {
      let result = multiplied(set, example, wanted: wanted)
      for column in result.indices {
        #expect(result[column] == all[column] || !(wanted[column] > 0) && result[column] == 0)
      }
    }
  }

  /// The sums in the order that the extents give, whatever the width of the vectors: from the bias on, one
  /// product after the other; a single row times rows in sixteen parts, which are added half to half, and
  /// the bias at last.
  private func ordered(_ example: ProductCase, isFused: Bool) -> [Float] {
    let (left, right, bias) = operands(example)
    let sums = ProductCase.offsets(example.sums, example.sumSteps)
    return ProductCase.offsets(example.rows, example.rowSteps).flatMap { row in
      (0..<example.columns).map { column in
        func sum(from start: Float, of indices: some Sequence<Int>) -> Float {
          indices.reduce(start) { sum, index in
            let place = example.isTransposed ? column * sums.count + index : index * example.columns + column
            let (x, y) = (left[row + sums[index]], right[place])
            return isFused ? sum.addingProduct(x, y) : sum + x * y
          }
        }
        var total: Float = example.hasBias ? bias[column] : 0
        if example.isOneRow {
          var parts = (0..<16).map { sum(from: 0, of: stride(from: $0, to: sums.count, by: 16)) }
          while parts.count > 1 { parts = zip(parts, parts[(parts.count / 2)...]).map(+) }
          total = parts[0] + total
        } else {
          total = sum(from: total, of: sums.indices)
        }
        return example.isRectified ? max(total, 0) : total
      }
    }
  }

  @Test(
    arguments: sets,
    products.filter { !$0.isTransposed && !$0.hasBias && !$0.isRectified && $0.sums.reduce(1, *) <= 1024 })
  func productsAreAddedToWhatThereIs(_ set: InstructionSet, _ example: ProductCase) {
    let product = multiplied(set, example)
    let start = draw(product.count, seed: 5)
    // Not as two arrays: what differs in so many elements would take minutes to tell.
    #expect(multiplied(set, example, to: start).elementsEqual(zip(start, product).map(+)))
  }

  /// Whether the multiplications are fused: on x86 but for the baseline, elsewhere always.
  private static func isFused(_ set: InstructionSet) -> Bool {
    #if arch(x86_64)
      set != instruction_set_baseline
    #else
      true
    #endif
  }

  /// Where a single row leaves something over of sixteen, the compiler chooses whether to fuse: see the
  /// next test.
  @Test(arguments: sets, products.filter { !$0.isOneRow || $0.sums[2].isMultiple(of: 16) })
  func sumsAreTakenInTheOrderOfTheExtents(_ set: InstructionSet, _ example: ProductCase) {
    #expect(multiplied(set, example) == ordered(example, isFused: Self.isFused(set)))
  }

  /// Only processors without fused multiplications round differently.
  @Test(
    .enabled(if: sets.count(where: isFused) > 1, "one instruction set has none to be compared with"),
    arguments: products)
  func instructionSetsWithFusedMultiplicationsGiveTheSameBits(_ example: ProductCase) {
    let results = Self.sets.filter(Self.isFused).map { multiplied($0, example) }
    for result in results.dropFirst() { #expect(result == results[0]) }
  }
}
