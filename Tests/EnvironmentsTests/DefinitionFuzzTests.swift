import Environments
import Foundation
import RandomStreams
import TestSupport
import Testing

@Suite("Definitions that nobody meant")
struct DefinitionFuzzTests {
  /// Ten thousand files with a few changes each: whatever comes out is an environment that plays, or an error of one line
  /// that names the file.
  @Test("a changed file is read or refused, and crashes nothing", arguments: 0..<8 as Range<UInt64>)
  func mutations(_ group: UInt64) throws {
    let folder = repository.appending(path: "Environments")
    let texts = try repositoryIDs.map { id in
      (
        id,
        Array(try String(contentsOf: folder.appending(path: "\(id).yaml"), encoding: .utf8).unicodeScalars)
      )
    }
    var random = RandomStream(seed: group, stream: .training)
    var (read, refused) = (0, 0)
    for _ in 0..<1250 {
      let (id, text) = texts[random.index(below: texts.count)]
      let yaml = mutated(text, among: texts.map(\.1), using: &random)
      do {
        let definition = try EnvironmentDefinition(yaml: yaml, path: "some/\(id).yaml")
        read += 1
        var vector = definition.makeVector(count: 1)
        vector.reset(0, seed: group)
        for step in 0..<8 {
          let outcome = vector.step([(step * 5) % vector.actions.count])[0]
          if outcome.ending != nil { vector.reset(0) }
        }
        let range = definition.observationSpace.low...definition.observationSpace.high
        #expect(vector.observation().allSatisfy(range.contains))
      } catch {
        refused += 1
        #expect(error.description.hasPrefix("some/\(id).yaml:"))
        #expect(!error.description.contains { $0.isNewline })
      }
    }
    // Both are tested.
    #expect(read > 60 && refused > 300)
  }

  private typealias Text = [Unicode.Scalar]

  private func mutated(_ text: Text, among others: [Text], using random: inout RandomStream) -> String {
    var text = text
    for _ in 0...random.index(below: 3) {
      let index = random.index(below: max(text.count, 1))
      let end = min(index + 1 + random.index(below: 12), text.count)
      switch random.index(below: 7) {
      case 0 where !text.isEmpty: text[index] = scalar(using: &random)
      case 1: text.insert(scalar(using: &random), at: min(index, text.count))
      case 2: text.removeSubrange(min(index, end)..<end)
      case 3: text.insert(contentsOf: text[min(index, end)..<end], at: min(index, text.count))
      case 4:
        // A number of another size.
        let numbers = [
          "0", "-1", "1e9", "99999999999999999999", "0x7fffffffffffffff", ".inf", ".nan", "3", "64",
        ]
        if let digit = text[min(index, text.count)...].firstIndex(where: { ("0"..."9").contains($0) }) {
          text.replaceSubrange(
            digit...digit, with: numbers[random.index(below: numbers.count)].unicodeScalars)
        }
      case 5:
        // A line from elsewhere.
        let other = String(String.UnicodeScalarView(others[random.index(below: others.count)]))
        let lines = other.split(separator: "\n", omittingEmptySubsequences: false)
        let start = text[..<min(index, text.count)].lastIndex(of: "\n").map { $0 + 1 } ?? 0
        text.insert(contentsOf: (lines[random.index(below: lines.count)] + "\n").unicodeScalars, at: start)
      default:
        // One character of a map or a word for another.
        if text.count > 1 { text.swapAt(index, random.index(below: text.count)) }
      }
    }
    return String(String.UnicodeScalarView(text))
  }

  private func scalar(using random: inout RandomStream) -> Unicode.Scalar {
    let likely = Array(
      "#.~GS>v<^*abcdefABCDEF123456 \n:-|[]{}&*!'\"%@`\t\u{0}\u{85}\u{2028}é\u{1F600}".unicodeScalars)
    return random.chance(0.7)
      ? likely[random.index(below: likely.count)] : Unicode.Scalar(UInt8(random.index(below: 256)))
  }
}
