import Environments
import Testing

@Suite("Nearest names")
struct NearestNamesTests {
  private let ids = ["catch-42-v1", "catch-v1", "lava-bridge-v1"]

  @Test(
    "a few wrong letters, or the beginning, are enough",
    arguments: [
      ("catch-v2", ["catch-v1"]), ("ctach-v1", ["catch-v1"]), ("catch", ["catch-v1", "catch-42-v1"]),
      ("lava-brigde-v1", ["lava-bridge-v1"]), ("lava", ["lava-bridge-v1"]), ("breakout-v1", []), ("", []),
      ("c", ["catch-v1", "catch-42-v1"]), ("x", []),
    ])
  func nearest(_ name: String, _ expected: [String]) {
    #expect(NearestNames(to: name, among: ids).names == expected)
  }

  @Test("at most three, the nearest first, then by alphabet")
  func order() {
    let names = NearestNames(to: "rows", among: ["cows", "bows", "brows", "row", "rowing"]).names
    #expect(names == ["bows", "brows", "cows"])
    // Whatever their case: two letters have changed places.
    #expect(NearestNames(to: "PDG", among: ["pgd"]).names == ["pgd"])
    #expect(NearestNames(to: "kitten", among: ["sitting", "mitten"]).names == ["mitten"])
  }

  @Test("the question names them all")
  func question() {
    #expect(NearestNames(to: "a", among: []).question == nil)
    #expect(NearestNames(to: "rows", among: ["row"]).question == "did you mean 'row'?")
    #expect(NearestNames(to: "rows", among: ["row", "bows"]).question == "did you mean 'bows' or 'row'?")
    #expect(
      NearestNames(to: "rows", among: ["row", "bows", "cows"]).question
        == "did you mean 'bows', 'cows' or 'row'?")
  }
}
