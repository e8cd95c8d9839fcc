/// What is known of a victim: of an attack what it needs, of a threat model what it grants.
///
/// The attack's code gets no more: what the victim of an attack can be asked is its type.
public enum Knowledge: String, Hashable, Sendable, Codable, CaseIterable {
  /// The victim is never asked: noise, and perturbations made elsewhere.
  case nothing
  /// The action chosen for an observation.
  case actions
  /// The scores of all actions.
  case scores
  /// Everything: gradients of the scores at the observation.
  case weights
}

extension Knowledge: Comparable {
  /// Less is known.
  public static func < (left: Knowledge, right: Knowledge) -> Bool { left.rank < right.rank }

  private var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }
}
