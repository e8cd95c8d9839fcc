import Tensors

/// The observations that a threat model allows around the clean ones of a batch: where an attack searches, and what
/// ``Attacker`` holds it to.
public struct Neighborhood: Sendable {
  /// The clean observations: [batch, height, width, channels].
  public let center: Tensor
  /// What is allowed.
  public let threat: ThreatModel
  /// The channels of one frame; the newest frame has the last ones.
  public let frameChannels: Int
  /// For each observation the largest size of a perturbation, in the units of the observation.
  public let budgets: [Float]
  /// The number of entries of an observation.
  public let length: Int
  /// Of one observation the entries that may change; nil for all.
  let free: [Bool]?
  /// The same, 1 for those and 0 for the others.
  let mask: Tensor?

  /// The neighborhood of a batch.
  /// - Throws: ``AttackError`` when the region does not lie in the frame.
  public init(of center: Tensor, under threat: ThreatModel, frameChannels: Int) throws(AttackError) {
    let shape = center.shape
    guard shape.rank == 4 else {
      throw AttackError("observations are [batch, height, width, channels], not \(shape)")
    }
    guard frameChannels > 0, shape[3].isMultiple(of: frameChannels) else {
      throw AttackError("observations of \(shape[3]) channels do not hold frames of \(frameChannels)")
    }
    try threat.region.check(height: shape[1], width: shape[2])
    self.center = center.stoppingGradient()
    self.threat = threat
    self.frameChannels = frameChannels
    budgets = Array(repeatElement(threat.budget, count: shape[0]))
    let length = shape[1] * shape[2] * shape[3]
    self.length = length
    free = Self.freeEntries(of: shape, under: threat, frameChannels: frameChannels)
    mask = free.map { free in
      Tensor(shape: [length]) { mask in
        for entry in 0..<length { mask[entry] = free[entry] ? 1 : 0 }
      }
    }
  }

  /// Of one observation the entries that may change; nil for all. One pass without allocations in between, because each attacked
  /// frame takes it.
  private static func freeEntries(of shape: Shape, under threat: ThreatModel, frameChannels: Int) -> [Bool]? {
    let (height, width, channels) = (shape[1], shape[2], shape[3])
    let firstFree = threat.frames == .newest ? channels - frameChannels : 0
    if firstFree == 0, threat.region == .all { return nil }
    var free = Array(repeatElement(false, count: height * width * channels))
    for row in 0..<height {
      for column in 0..<width where threat.region.contains(row: row, column: column) {
        let pixel = (row * width + column) * channels
        for entry in (pixel + firstFree)..<(pixel + channels) { free[entry] = true }
      }
    }
    return free
  }

  private init(_ center: Tensor, like other: Neighborhood, budgets: [Float], norm: ThreatModel.Norm? = nil) {
    self.center = center
    var threat = other.threat
    threat.norm = norm ?? threat.norm
    self.threat = threat
    frameChannels = other.frameChannels
    (free, mask, length) = (other.free, other.mask, other.length)
    self.budgets = budgets
  }

  /// The neighborhood of some of the observations, in the order of the indices.
  public func rows(at indices: [Int]) -> Neighborhood {
    Neighborhood(center.rows(at: indices), like: self, budgets: indices.map { budgets[$0] })
  }

  /// The same with another size for each observation.
  public func resized(to budgets: [Float]) -> Neighborhood {
    precondition(budgets.count == count, "one size for each of \(count) observations")
    return Neighborhood(center, like: self, budgets: budgets)
  }

  /// The number of observations.
  public var count: Int { center.shape[0] }

  /// The indices, within one observation, of the entries that may change.
  public var freeEntries: [Int] { (0..<length).filter { free?[$0] ?? true } }

  /// A tensor with zeros where entries may not change.
  public func masked(_ tensor: Tensor) -> Tensor {
    guard let free else { return tensor }
    var tensor = tensor
    let length = length
    tensor.withMutableElements { elements in
      for start in stride(from: 0, to: elements.count, by: length) {
        for entry in 0..<length {
          let value = elements[start &+ entry]
          elements[start &+ entry] = free[entry] ? value : 0
        }
      }
    }
    return tensor
  }

  /// The size of each observation's perturbation in the norm.
  public func sizes(of perturbed: Tensor) -> [Float] {
    if threat.norm == .max { return perturbed.changes(from: center, in: threat.range).map(\.largest) }
    let length = length
    return perturbed.withElements { perturbed in
      center.withElements { clean in
        (0..<count).map { row in
          let entries = (row * length)..<((row + 1) * length)
          var sum = 0.0
          if threat.norm == .l2 {
            for index in entries {
              let change = Double(perturbed[index]) - Double(clean[index])
              sum += change * change
            }
            return Float(sum.squareRoot())
          }
          for index in entries { sum += abs(Double(perturbed[index]) - Double(clean[index])) }
          return Float(sum)
        }
      }
    }
  }

  /// The same with distances in the L2 norm.
  static func euclidean(like other: Neighborhood) -> Neighborhood {
    Neighborhood(other.center, like: other, budgets: other.budgets, norm: .l2)
  }

  /// What is forgiven when a size is checked: the rounding of Float32.
  public static let tolerance: Float = 1e-6

  /// What of a delivery breaks the threat model, in words; nil when nothing does.
  public func violation(of delivered: Tensor) -> String? {
    delivered.shape == center.shape ? examination(of: delivered).violation : "the shape changed"
  }

  /// The size of each observation's perturbation, and what of them breaks the threat model.
  func examination(of delivered: Tensor) -> (sizes: [Float], violation: String?) {
    let changes = delivered.changes(from: center, where: mask, in: threat.range)
    let sizes = threat.norm == .max ? changes.map(\.largest) : sizes(of: delivered)
    if let row = changes.firstIndex(where: { !$0.isAllowed }) {
      return (sizes, forbiddenChange(in: delivered, row: row))
    }
    // Of a sum each entry may bring its rounding to a level: that of Float32, and what still counts as the level.
    let entries = Float(length)
    let roundings: Float =
      switch threat.norm {
      case .l2 where threat.isQuantized: entries.squareRoot() * 1.2e-7
      case .l1 where threat.isQuantized: entries * 1.2e-7
      default: 0
      }
    for (size, budget) in zip(sizes, budgets) {
      let limit = (threat.norm == .max ? budget + Self.tolerance : budget * (1 + Self.tolerance)) + roundings
      if !(size <= limit) { return (sizes, "a perturbation of size \(size), more than \(budget)") }
    }
    return (sizes, nil)
  }

  /// What is wrong with a row that has been found to be wrong.
  private func forbiddenChange(in delivered: Tensor, row: Int) -> String {
    let (new, old) = (delivered.rows(at: [row]).elements, center.rows(at: [row]).elements)
    for entry in new.indices where new[entry] != old[entry] {
      if let free, !free[entry] { return "an entry changed that may not" }
      if !threat.range.contains(new[entry]) { return "an entry is \(new[entry]), outside \(threat.range)" }
    }
    return "an entry changed that may not"
  }
}
