import Foundation

/// Return against the size of perturbations, as a picture that scales: panels side by side, in each a curve for every attack, or
/// for every policy.
///
/// Sizes stand at equal distances, because people choose them by doubling. Panels with one subtitle, as a rule the environment's
/// name, share one scale of returns; it begins at zero where no return is below.
public struct ReturnCurves: Hashable, Sendable {
  /// What was played at one size.
  public struct Point: Hashable, Sendable {
    /// The return, averaged somehow.
    public let value: Double
    /// Its interval, drawn as a band; nil where there is none.
    public let interval: ClosedRange<Double>?

    /// A return with its interval.
    public init(_ value: Double, interval: ClosedRange<Double>?) {
      self.value = value
      self.interval = interval
    }

    fileprivate var isFinite: Bool { value.isFinite }
    fileprivate var extremes: [Double] {
      [value, interval?.lowerBound, interval?.upperBound].compactMap(\.self).filter(\.isFinite)
    }
  }

  /// A line through points.
  public struct Curve: Hashable, Sendable {
    /// What the legend says. Curves of one name have one color in all panels.
    public let name: String
    /// One for each of the picture's sizes; nil where nothing was played.
    public let points: [Point?]

    /// A line through points, one for each size.
    public init(_ name: String, points: [Point?]) {
      self.name = name
      self.points = points
    }
  }

  /// Curves on the same axes.
  public struct Panel: Hashable, Sendable {
    /// The upper line above the axes.
    public let title: String
    /// The lower line above the axes.
    public let subtitle: String
    /// Drawn in this order.
    public let curves: [Curve]

    /// Curves on the same axes.
    public init(_ title: String, subtitle: String, curves: [Curve]) {
      self.title = title
      self.subtitle = subtitle
      self.curves = curves
    }
  }

  /// The sizes as they are written, from the smallest.
  public let sizes: [String]
  /// From left to right, three in a row.
  public let panels: [Panel]
  /// What the returns are, beside the axis: `mean return`.
  public let quantity: String

  /// A picture of panels over the same sizes.
  /// - Precondition: there are a size and a panel, and each curve has a point or none for each size.
  public init(_ panels: [Panel], sizes: [String], quantity: String) {
    precondition(
      !sizes.isEmpty && !panels.isEmpty
        && panels.allSatisfy { $0.curves.allSatisfy { $0.points.count == sizes.count } },
      "curves need a panel, sizes, and a point or none for each of them")
    self.panels = panels
    self.sizes = sizes
    self.quantity = quantity
  }

  /// Okabe and Ito's palette, without its yellow, which is hard to see on white; after the last color the first one again, in
  /// dashes.
  private static let colors = [
    Color(0x0072B2), Color(0xD55E00), Color(0x009E73), Color(0xCC79A7), Color(0xE69F00), Color(0x56B4E9),
    Color(0x000000),
  ]
  private static let dashes = ["", "6 3", "2 3", "8 3 2 3"]

  private static let axes = Rectangle(x: 58, y: 46, width: 300, height: 200)
  private static let panel = (width: axes.right + 22, height: axes.bottom + 44)
  /// About how wide a letter is, of the usual size and of that of the sizes below the axis.
  private static let (letter, smallLetter) = (6.6, 6.1)

  private var columns: Int { min(panels.count, 3) }

  private var names: [String] {
    var names: [String] = []
    for curve in panels.flatMap(\.curves) where !names.contains(curve.name) { names.append(curve.name) }
    return names
  }

  /// The picture as a document in SVG 1.1. The same curves give the same text.
  public var svg: String {
    let rows = (panels.count + columns - 1) / columns
    let width = columns * Self.panel.width
    let legend = legend(from: rows * Self.panel.height + 8, width: width)
    var lines = [
      """
      <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(width) \(legend.bottom)" width="\(width)" \
      height="\(legend.bottom)" font-family="Helvetica, Arial, sans-serif" font-size="12" fill="#222222">
      """,
      "<rect width=\"\(width)\" height=\"\(legend.bottom)\" fill=\"#ffffff\"/>",
    ]
    for (index, panel) in panels.enumerated() {
      let (x, y) = (index % columns * Self.panel.width, index / columns * Self.panel.height)
      lines.append("<g transform=\"translate(\(x) \(y))\">")
      lines += drawing(of: panel)
      lines.append("</g>")
    }
    return (lines + legend.lines + ["</svg>", ""]).joined(separator: "\n")
  }

  // MARK: - A panel

  private func drawing(of panel: Panel) -> [String] {
    let axes = Self.axes
    let scale = ReturnScale(
      panels.filter { $0.subtitle == panel.subtitle }.flatMap(\.curves).flatMap(\.points)
        .compactMap(\.self).flatMap(\.extremes))
    func y(_ value: Double) -> Double { Double(axes.bottom) - scale.part(of: value) * Double(axes.height) }
    let room = Int(Double(axes.width) / Self.letter)
    var lines = [
      Self.text(panel.title.shortened(to: room), x: axes.x, y: 18, "font-weight=\"bold\""),
      Self.text(panel.subtitle.shortened(to: room), x: axes.x, y: 34, "fill=\"#666666\""),
    ]
    for tick in scale.ticks {
      let line = Self.digits(y(tick))
      lines.append(
        "<path d=\"M\(axes.x) \(line)H\(axes.right)\" stroke=\"\(tick == 0 ? "#999999" : "#e4e4e4")\"/>")
      lines.append(
        "<text x=\"\(axes.x - 6)\" y=\"\(Self.digits(y(tick) + 4))\" text-anchor=\"end\">\(scale.label(of: tick))</text>"
      )
    }
    // As many as have room beside one another.
    let wanted = 4 + Self.smallLetter * Double(sizes.map(\.count).max() ?? 0)
    let every = Int((wanted / (x(1) - x(0))).rounded(.up))
    for index in stride(from: 0, to: sizes.count, by: max(every, 1)) {
      lines.append(
        Self.text(
          sizes[index], x: Int(x(index)), y: axes.bottom + 17, "text-anchor=\"middle\" font-size=\"11\""))
    }
    lines.append(
      Self.text("epsilon", x: axes.x + axes.width / 2, y: axes.bottom + 34, "text-anchor=\"middle\""))
    lines.append(
      """
      <text transform="translate(13 \(axes.y + axes.height / 2)) rotate(-90)" text-anchor="middle">\(quantity.escaped)</text>
      """)
    for curve in panel.curves { lines += drawing(of: curve, y: y) }
    return lines
  }

  /// Where a size stands: half a step of air on both sides.
  private func x(_ index: Int) -> Double {
    Double(Self.axes.x) + (Double(index) + 0.5) * Double(Self.axes.width) / Double(sizes.count)
  }

  private func drawing(of curve: Curve, y: (Double) -> Double) -> [String] {
    let style = style(of: curve.name)
    func position(_ index: Int, _ value: Double) -> String {
      "\(Self.digits(x(index))),\(Self.digits(y(value)))"
    }
    let points = curve.points.enumerated().compactMap { index, point in
      point.flatMap { $0.isFinite ? (index: index, point: $0) : nil }
    }
    let banded = points.compactMap { index, point in point.interval.map { (index: index, interval: $0) } }
    var lines: [String] = []
    if banded.count > 1 {
      let border =
        banded.map { position($0.index, $0.interval.upperBound) }
        + banded.reversed().map { position($0.index, $0.interval.lowerBound) }
      lines.append(
        "<polygon points=\"\(border.joined(separator: " "))\" fill=\"\(style.color)\" fill-opacity=\"0.15\"/>"
      )
    }
    let line = points.map { position($0.index, $0.point.value) }
    lines.append(
      "<polyline points=\"\(line.joined(separator: " "))\" fill=\"none\" stroke=\"\(style.color)\" stroke-width=\"2\"\(style.dash)/>"
    )
    for (index, point) in points {
      let interval = point.interval.map {
        ", 95% interval \(Self.figure($0.lowerBound)) to \(Self.figure($0.upperBound))"
      }
      let words = "\(curve.name) at \(sizes[index]): \(Self.figure(point.value))\(interval ?? "")"
      lines.append(
        """
        <circle cx="\(Self.digits(x(index)))" cy="\(Self.digits(y(point.value)))" r="3" fill="\(style.color)">\
        <title>\(words.escaped)</title></circle>
        """)
    }
    return lines
  }

  // MARK: - The legend

  /// A sample of each curve with its name, in as many lines as the width asks for.
  private func legend(from top: Int, width: Int) -> (lines: [String], bottom: Int) {
    var lines: [String] = []
    var (x, y) = (Self.axes.x, top)
    for name in names {
      let length = 36 + Int(Double(name.count) * Self.letter) + 16
      if x > Self.axes.x, x + length > width { (x, y) = (Self.axes.x, y + 20) }
      let style = style(of: name)
      lines.append(
        "<path d=\"M\(x) \(y)h26\" stroke=\"\(style.color)\" stroke-width=\"2\"\(style.dash)/>")
      lines.append(Self.text(name, x: x + 32, y: y + 4))
      x += length
    }
    return (lines, y + 20)
  }

  private func style(of name: String) -> (color: String, dash: String) {
    let index = names.firstIndex(of: name) ?? 0
    let (color, dash) = (
      Self.colors[index % Self.colors.count],
      Self.dashes[index / Self.colors.count % Self.dashes.count]
    )
    return (color.hexadecimal, dash.isEmpty ? "" : " stroke-dasharray=\"\(dash)\"")
  }

  // MARK: - Parts of the document

  private static func text(_ text: String, x: Int, y: Int, _ attributes: String = "") -> String {
    "<text x=\"\(x)\" y=\"\(y)\"\(attributes.isEmpty ? "" : " ")\(attributes)>\(text.escaped)</text>"
  }

  /// A coordinate.
  private static func digits(_ value: Double) -> String { String(format: "%.1f", value) }

  /// A return.
  private static func figure(_ value: Double) -> String { String(format: "%.2f", value) }
}

extension Color {
  /// As it is written on the web, with its `#`.
  fileprivate var hexadecimal: String { String(format: "#%02x%02x%02x", red, green, blue) }
}

extension String {
  /// The text as XML's text and attributes hold it; a control character, which XML has no place for, is a question mark.
  fileprivate var escaped: String {
    map { character in
      switch character {
      case "&": "&amp;"
      case "<": "&lt;"
      case ">": "&gt;"
      case "\"": "&quot;"
      default:
        character.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control }
          ? "\(character)" : "?"
      }
    }.joined()
  }

  /// The text, or its beginning and three dots.
  fileprivate func shortened(to count: Int) -> String {
    self.count <= count ? self : prefix(count - 1) + "…"
  }
}
