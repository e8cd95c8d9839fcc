import Foundation

/// A table for a terminal: the first columns flush left, numbers flush right.
struct Table {
  private let header: [String]
  private let leftColumns: Int
  private let optional: String?
  private var rows: [[String]] = []

  /// - Parameter optional: the head of a column that is left out when no row has a value in it.
  init(_ header: [String], leftColumns: Int, optional: String? = nil) {
    self.optional = optional
    self.header = header
    self.leftColumns = leftColumns
  }

  mutating func append(_ row: [String]) { rows.append(row) }

  /// The table as text, without a newline at its end.
  var text: String {
    let columns = header.indices.filter { column in
      header[column] != optional || rows.contains { $0[column] != "–" }
    }
    let lines = ([header] + rows).map { line in columns.map { line[$0] } }
    let widths = columns.indices.map { column in lines.map { $0[column].count }.max() ?? 0 }
    func line(_ cells: [String]) -> String {
      var line = ""
      for (column, cell) in cells.enumerated() {
        let space = String(repeating: " ", count: widths[column] - cell.count)
        line += (column == 0 ? "" : "  ") + (column < leftColumns ? cell + space : space + cell)
      }
      while line.last == " " { line.removeLast() }
      return line
    }
    let rule = widths.map { String(repeating: "─", count: $0) }.joined(separator: "  ")
    return ([line(lines[0]), rule] + lines.dropFirst().map(line)).joined(separator: "\n")
  }
}
