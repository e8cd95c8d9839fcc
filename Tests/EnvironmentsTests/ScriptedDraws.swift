import RandomStreams

/// Draws what a test says, in that order, and then the same for ever.
struct ScriptedDraws: Randomness {
  private var uniforms: ArraySlice<Double>
  private var indices: ArraySlice<Int>

  init(uniforms: [Double] = [0], indices: [Int] = [0]) {
    self.uniforms = uniforms[...]
    self.indices = indices[...]
  }

  mutating func uniform() -> Double { uniforms.count > 1 ? uniforms.removeFirst() : uniforms.first! }

  mutating func index(below bound: Int) -> Int {
    let index = indices.count > 1 ? indices.removeFirst() : indices.first!
    precondition((0..<bound).contains(index), "the script has an index below \(bound)")
    return index
  }
}
