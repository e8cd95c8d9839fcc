import Display
import Testing

@Suite struct ReturnCurvesTests {
  private func curves(_ panels: [ReturnCurves.Panel], _ sizes: [String] = ["0", "1/255", "2/255"]) -> String {
    ReturnCurves(panels, sizes: sizes, quantity: "return").svg
  }

  private func panel(_ values: [Double?]..., title: String = "policy", subtitle: String = "game")
    -> ReturnCurves.Panel
  {
    .init(
      title, subtitle: subtitle,
      curves: values.enumerated().map { index, values in
        .init(
          "attack \(index)",
          points: values.map { value in
            value.map { .init($0, interval: $0.isFinite ? $0 - 1...$0 + 2 : nil) }
          })
      })
  }

  /// The heights of the points of a picture of one panel, as its own axis tells them.
  private func heights(_ svg: String) throws -> [Double] {
    let ticks = svg.matches(of: /<text x="52" y="([\d.]+)" text-anchor="end">([-\d.]+)</).map { match in
      (y: Double(match.1)! - 4, value: Double(match.2)!)
    }
    let (first, last) = (try #require(ticks.first), try #require(ticks.last))
    let perPixel = (last.value - first.value) / (last.y - first.y)
    // The axis is even.
    for tick in ticks { #expect(abs(first.value + (tick.y - first.y) * perPixel - tick.value) < 0.3) }
    return svg.matches(of: /<circle cx="[\d.]+" cy="([\d.]+)"/).map {
      first.value + (Double($0.1)! - first.y) * perPixel
    }
  }

  @Test(arguments: [
    [20, 7.5, 1], [-19.6, 21, 3], [0.91, 0.5, 0.02], [554.5, 12, 8], [-3, -2, -1], [0, 0, 0],
  ])
  func pointsStandWhereTheAxisSays(values: [Double]) throws {
    let svg = curves([panel(values)])
    let found = try heights(svg)
    #expect(found.count == values.count)
    let span = (values.max() ?? 0) - (values.min() ?? 0) + 3
    for (found, value) in zip(found, values) {
      #expect(abs(found - value) < 0.01 * span, "\(found), \(value)")
    }
    // The band's corners: the upper bounds from left to right, the lower ones back.
    let corners = try #require(svg.firstMatch(of: /<polygon points="([^"]+)"/)).1.split(separator: " ")
    #expect(corners.count == 6)
    let centers = svg.matches(of: /<circle cx="([\d.]+)"/).map { $0.1 }
    #expect(corners.map { $0.split(separator: ",")[0] } == centers + centers.reversed())
  }

  @Test func whatWasNotPlayedIsLeftOut() throws {
    let svg = curves([panel([1, nil, 3], [.nan, 2, nil], [nil, nil, nil])])
    #expect(svg.ranges(of: "<circle ").count == 3)
    #expect(!svg.contains("nan"))
    let line = try #require(svg.firstMatch(of: /<polyline points="([^"]*)"/)).1
    #expect(line.split(separator: " ").count == 2)
  }

  @Test func panelsOfOneGameShareAnAxis() {
    func axes(_ subtitle: String) -> [Substring] {
      curves([panel([1, 1, 1]), panel([90, 3, 2], subtitle: subtitle)])
        .matches(of: /text-anchor="end">([-\d.]+)</).map { $0.1 }
    }
    let (shared, own) = (axes("game"), axes("other"))
    #expect(Array(shared[..<(shared.count / 2)]) == Array(shared[(shared.count / 2)...]))
    #expect(own.contains("80") && !own.prefix(4).contains("80"))
  }

  @Test func everyCurveHasItsOwnStyleAndTheLegendTheSame() {
    let many = (0..<15).map { ReturnCurves.Curve("attack \($0)", points: [.init(Double($0), interval: nil)]) }
    let svg = curves([.init("policy", subtitle: "game", curves: many)], ["0"])
    let styles = svg.matches(of: /<polyline [^>]*fill="none" ([^>]*)\/>/).map { String($0.1) }
    #expect(Set(styles).count == 15)
    let legend = svg.matches(of: /<path d="M\d+ \d+h26" ([^>]*)\/>/).map { String($0.1) }
    #expect(legend == styles)
  }

  @Test func namesAreTextAndNoMarkup() {
    let name = "<runs> & \"more\"\u{1b}"
    let svg = curves([
      .init(name, subtitle: name, curves: [.init(name, points: [.init(1, interval: nil), nil, nil])])
    ])
    #expect(!svg.contains("<runs>") && !svg.contains("\u{1b}"))
    #expect(svg.matches(of: /&lt;runs&gt; &amp; &quot;more&quot;\?/).count == 4)
  }

  @Test func sizesHaveRoom() {
    let sizes = (0..<40).map { "\($0)/255" }
    let svg = curves(
      [.init("policy", subtitle: "game", curves: [.init("fgsm", points: sizes.map { _ in nil })])], sizes)
    let places = svg.matches(of: /<text x="(\d+)" y="263"[^>]*>(\d+)\/255</).map { Int($0.1)! }
    #expect(places.count > 4 && places.count < 10)
    #expect(zip(places, places.dropFirst()).allSatisfy { $1 - $0 >= 40 })
  }
}
