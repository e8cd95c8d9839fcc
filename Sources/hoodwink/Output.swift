import Foundation

/// Prints a value as JSON with sorted keys.
func printJSON(_ value: some Encodable) throws {
  let encoder = JSONEncoder()
  encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
  print(String(decoding: try encoder.encode(value), as: UTF8.self))
}

/// Text in amber on a terminal; plain elsewhere.
func amber(_ text: String) -> String {
  isatty(STDOUT_FILENO) == 1 ? "\u{1B}[33m\(text)\u{1B}[0m" : text
}
