import Attacks
import Display

extension Cell {
  /// Return against epsilon, from the clean one on: of several attacks a panel for each policy, of one attack a panel for each
  /// environment, with a curve for each policy. Nil where no attack was played.
  static func curves(_ cells: [Cell]) -> ReturnCurves? {
    let sizes = cells.compactMap { $0.opposition?.threat.epsilon }.filter { $0.value > 0 }.distinct()
      .sorted { $0.value < $1.value }
    let (policies, attacks) = (cells.map(\.policy).distinct(), cells.compactMap(\.attack).distinct())
    guard !sizes.isEmpty else { return nil }

    func curve(_ name: String, _ policy: String, under attack: String) -> ReturnCurves.Curve {
      func point(_ cell: Cell) -> ReturnCurves.Point {
        .init(cell.result.mean, interval: cell.meanInterval)
      }
      let own = cells.filter { $0.policy == policy }
      let clean = own.first { $0.attack == nil }.map(point)
      return .init(
        name,
        points: [clean]
          + sizes.map { size in own.first { $0.attack == attack && $0.epsilon == "\(size)" }.map(point) })
    }
    func environment(of policy: String) -> String { cells.first { $0.policy == policy }?.environment ?? "" }
    let panels: [ReturnCurves.Panel]
    if attacks.count == 1 {
      panels = policies.map(environment).distinct().map { name in
        .init(
          attacks[0], subtitle: name,
          curves: policies.filter { environment(of: $0) == name }.map { curve($0, $0, under: attacks[0]) })
      }
    } else {
      panels = policies.map { policy in
        .init(
          policy, subtitle: environment(of: policy),
          curves: attacks.map { curve($0, policy, under: $0) })
      }
    }
    return ReturnCurves(panels, sizes: ["0"] + sizes.map(\.description), quantity: "mean return")
  }
}
