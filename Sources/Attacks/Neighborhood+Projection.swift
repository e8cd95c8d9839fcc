import Tensors

extension Neighborhood {
  /// Of the allowed observations the nearest to those proposed, exactly, in the Euclidean sense. (Under the max norm the
  /// nearest in every norm.) Where attacks search: the 8 bits of a threat model are left to ``deliverable(_:)``, because
  /// rounding after each step would take steps of less than a level back.
  ///
  /// An entry for which no number is proposed (NaN) stays as it is; an entry whose clean value lies outside the range is moved
  /// no further out. O(entries) but for the L1 and L2 norms' few passes over an observation that is too far away.
  public func project(_ proposed: Tensor) -> Tensor {
    precondition(proposed.shape == center.shape, "an attack changed the shape of an observation")
    if threat.norm == .max {
      return proposed.held(to: center, within: budgets, where: mask, in: threat.range)
    }
    let length = length
    return Tensor(shape: center.shape) { result in
      proposed.withElements { proposed in
        center.withElements { clean in
          for row in 0..<count {
            bound(&result, proposed, clean, start: row * length, by: shrinkage(proposed, clean, row: row))
          }
        }
      }
    }
  }

  /// What is delivered of what is proposed: its projection, with 8 bits the levels next to that on the side of the clean
  /// values.
  public func deliverable(_ proposed: Tensor) -> Tensor {
    let projected = project(proposed)
    return threat.quantization?.rounded(projected, toward: center) ?? projected
  }

  /// The projection of ``Climb``, and so of BIM, PGD and their like: under the L2 norm onto the ball and then into the range, as
  /// CleverHans, torchattacks and Foolbox have it, so that their steps can be compared entry by entry. It is allowed, but not the
  /// nearest point that is: other searches take ``project(_:)``.
  func pulledIn(_ proposed: Tensor) -> Tensor {
    guard threat.norm == .l2 else { return project(proposed) }
    let changes = masked(proposed - center)
    let sizes = changes.rowSizes(in: threat.norm)
    guard zip(sizes, budgets).contains(where: { $0 > $1 }) else { return project(proposed) }
    return project(center + scaled(changes, to: zip(sizes, budgets).map { min($0, $1) }))
  }

  /// How the changes of an observation are made smaller until they fit.
  private enum Shrinkage {
    /// They fit as they are.
    case none
    /// Each is multiplied: the L2 norm's.
    case factor(Double)
    /// Each loses so much of its size: the L1 norm's.
    case threshold(Double)
  }

  /// The room of an entry in the direction of a change, never negative, and the size of the change within that room.
  @inline(__always)
  private func change(_ proposed: Float, _ clean: Float, entry: Int) -> (wanted: Double, room: Double) {
    if let free, !free[entry] { return (0, 0) }
    let wanted = Double(proposed) - Double(clean)
    if wanted.isNaN { return (0, 0) }
    let room =
      wanted > 0
      ? Double(threat.range.upperBound) - Double(clean) : Double(clean) - Double(threat.range.lowerBound)
    // A million times the range is as far as infinity, and sums of such changes keep the digits of a budget.
    let farthest = 1e6 * (Double(threat.range.upperBound) - Double(threat.range.lowerBound))
    return (min(abs(wanted), farthest), max(room, 0))
  }

  /// Solves Σ cost(min(shrunk change, room)) = budget for what shrinks the changes.
  private func shrinkage(_ proposed: Span<Float>, _ clean: Span<Float>, row: Int) -> Shrinkage {
    func forEach(_ body: (_ wanted: Double, _ room: Double) -> Void) {
      for entry in 0..<length {
        let (wanted, room) = change(
          proposed[row * length + entry], clean[row * length + entry], entry: entry)
        if wanted > 0, room > 0 { body(wanted, room) }
      }
    }
    return threat.norm == .l2
      ? euclideanFactor(Double(budgets[row]), forEach) : threshold(Double(budgets[row]), forEach)
  }

  private typealias Changes = (_ body: (_ wanted: Double, _ room: Double) -> Void) -> Void

  /// The factor s of the nearest point min(s·|d|, room). With u = s², Σ min(u·d², room²) = ε² grows with u in straight
  /// pieces that get flatter, so Newton's method from u = 0 meets the solution after a few steps, and then exactly.
  private func euclideanFactor(_ budget: Double, _ changes: Changes) -> Shrinkage {
    var total = 0.0
    changes { wanted, room in
      let size = min(wanted, room)
      total += size * size
    }
    guard total > budget * budget else { return .none }
    if budget == 0 { return .factor(0) }
    var square = 0.0
    // As many steps as there are pieces at most; each ends beyond at least one more.
    while true {
      var (slope, fixed) = (0.0, 0.0)
      changes { wanted, room in
        if square * wanted * wanted < room * room { slope += wanted * wanted } else { fixed += room * room }
      }
      guard slope > 0 else { break }
      let next = (budget * budget - fixed) / slope
      guard next > square else { break }
      square = next
    }
    return .factor(min(square.squareRoot(), 1))
  }

  /// The threshold t of the nearest point min(max(|d| − t, 0), room) (Condat 2016 for the ball alone; Croce & Hein 2021,
  /// proposition 2.2 with the box). The sum falls with t in straight pieces: Newton's steps within a bracket that
  /// shrinks, exact once both of its ends lie on one piece.
  private func threshold(_ budget: Double, _ changes: Changes) -> Shrinkage {
    var (total, largest) = (0.0, 0.0)
    changes { wanted, room in
      total += min(wanted, room)
      largest = max(largest, wanted)
    }
    guard total > budget else { return .none }
    if budget == 0 { return .threshold(.infinity) }
    var (low, high) = (0.0, largest)
    var threshold = 0.0
    while true {
      var (sum, slope) = (0.0, 0.0)
      changes { wanted, room in
        let rest = wanted - threshold
        if rest <= 0 { return }
        sum += min(rest, room)
        if rest <= room { slope += 1 }
      }
      if sum == budget { return .threshold(threshold) }
      if sum > budget { low = threshold } else { high = threshold }
      let newton = slope > 0 ? threshold + (sum - budget) / slope : .infinity
      let next = newton > low && newton < high ? newton : low + (high - low) / 2
      // What is left is the rounding of the sum.
      if high - low <= 1e-15 * largest || abs(next - threshold) <= 1e-15 * largest { return .threshold(next) }
      threshold = next
    }
  }

  /// The changes of an observation, shrunk and held to the room that each entry has.
  private func bound(
    _ result: inout MutableSpan<Float>, _ proposed: Span<Float>, _ clean: Span<Float>, start: Int,
    by shrinkage: Shrinkage
  ) {
    for entry in 0..<length {
      let index = start + entry
      let origin = clean[index]
      let (wanted, room) = change(proposed[index], origin, entry: entry)
      let size =
        switch shrinkage {
        case .none: min(wanted, room)
        case .factor(let factor): min(wanted * factor, room)
        case .threshold(let threshold): min(max(wanted - threshold, 0), room)
        }
      result[index] = size > 0 ? moved(origin, by: size, up: proposed[index] > origin) : origin
    }
  }

  /// A value moved by at most a size: rounded toward where it came from, so that no sum of roundings exceeds a budget.
  private func moved(_ origin: Float, by size: Double, up: Bool) -> Float {
    let target = up ? Double(origin) + size : Double(origin) - size
    let value = Float(target)
    let isTooFar = up ? Double(value) > target : Double(value) < target
    return isTooFar ? (up ? value.nextDown : value.nextUp) : value
  }
}
