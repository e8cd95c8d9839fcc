import Foundation

/// What a command cannot do, in one line, with the status of sysexits.h.
struct Failure: Error, CustomStringConvertible {
  let description: String
  let status: Int32

  init(_ description: String, status: Int32 = EX_USAGE) {
    self.description = description
    self.status = status
  }
}
