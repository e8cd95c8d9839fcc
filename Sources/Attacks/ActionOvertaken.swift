import Tensors

/// Any other action than the clean one, looked for in the direction of one rival: what each part of ``MultiTargeted`` wants.
struct ActionOvertaken: Criterion {
  /// The clean action of each observation.
  let cleanActions: [Int]
  /// The action that each is to be overtaken by.
  let rivals: [Int]

  /// By how much the rival leads the clean action, whatever loss is asked for.
  func loss(of response: Response, as kind: ScoreLoss) -> Tensor {
    response.scores.gather(rivals) - response.scores.gather(cleanActions)
  }

  /// Where another action has the largest score, the rival or not.
  func isMet(by response: Response) -> [Bool] { ActionChange(from: cleanActions).isMet(by: response) }

  /// Where another action is chosen, the rival or not.
  func isMet(by actions: [Int]) -> [Bool]? { ActionChange(from: cleanActions).isMet(by: actions) }

  /// Some of them.
  func rows(at indices: [Int]) -> any Criterion {
    ActionOvertaken(
      cleanActions: indices.map { cleanActions[$0] }, rivals: indices.map { rivals[$0] })
  }
}
