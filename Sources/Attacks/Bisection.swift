/// For each row the upper end of a bracket after so many halvings: there `isMet` holds, or there it was not tried.
///
/// - Parameters:
///   - low: where it does not hold.
///   - high: where it does.
///   - isMet: for a point of each row's bracket whether it holds there.
package func bisected<Failure>(
  from low: [Float], to high: [Float], halvings: Int,
  isMet: (_ points: [Float]) throws(Failure) -> [Bool]
) throws(Failure) -> [Float] {
  var (low, high) = (low, high)
  for _ in 0..<halvings {
    let middle = zip(low, high).map { ($0 + $1) / 2 }
    for (row, isMet) in try isMet(middle).enumerated() {
      if isMet { high[row] = middle[row] } else { low[row] = middle[row] }
    }
  }
  return high
}
