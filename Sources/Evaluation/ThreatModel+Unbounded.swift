import Attacks

extension ThreatModel {
  /// A size that allows every observation in the range.
  func unbounded(entries: Int) -> Epsilon {
    switch norm {
    case .max: Epsilon(1)
    case .l2: Epsilon(Double(entries).squareRoot().rounded(.up))
    case .l1: Epsilon(Double(entries))
    }
  }
}
