import Attacks
import Foundation

/// The parts of a list as a person writes it, `fgsm,pgd` or `fgsm, pgd`.
func parts(of list: String) -> [String] {
  list.split(separator: ",", omittingEmptySubsequences: false).map {
    $0.trimmingCharacters(in: .whitespaces)
  }
}

/// Sizes as a person lists them, each once: `1/255,0.03`.
/// - Parameter zero: whether 0 is one.
func readSizes(_ text: String, zero: Bool = true) throws -> [Epsilon] {
  var sizes: [Epsilon] = []
  for part in parts(of: text) {
    guard let size = Epsilon(part), zero || size.value > 0 else {
      throw Failure(
        "--epsilons: \"\(part)\" is not a size: write 8/255 or 0.03, \(zero ? "0 or " : "")from 1e-9 to 1e9"
      )
    }
    if let same = sizes.first(where: { $0.value == size.value }) {
      let other = "\(same)" == "\(size)" ? "" : ", as \(same), too"
      throw Failure("--epsilons: \"\(size)\" is named twice\(other)")
    }
    sizes.append(size)
  }
  return sizes
}
