/// The scale that all bars of a step share.
///
/// It begins at the lowest score, not at zero: what a policy chooses depends on differences only, and the
/// differences between Q-values of about 100 would vanish in bars from zero.
struct BarScale {
  let lowest: Float
  let highest: Float
  /// The length of the longest bar in pixels.
  let length: Int

  /// The length of a score's bar; 2 for the lowest score, so that every bar is seen, and 0 for what is not finite.
  func length(of score: Float) -> Int {
    guard score.isFinite else { return 0 }
    // Halved, because the difference of two finite numbers may be infinite.
    let span = highest / 2 - lowest / 2
    let part = span > 0 ? (score / 2 - lowest / 2) / span : 0
    return 2 + Int((part * Float(length - 2)).rounded())
  }
}
