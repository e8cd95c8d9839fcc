/// Why a run cannot start or go on, in one line.
public struct RunError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What is in the way.
  public enum Kind: Hashable, Sendable {
    /// The folder holds a run already.
    case exists
    /// Another process works in the folder.
    case isInUse
    /// The folder holds no run.
    case isMissing
    /// What is in the folder is not whole, or not what the run was started with.
    case isDamaged
  }

  /// What is wrong.
  public let description: String
  /// What is in the way.
  public let kind: Kind

  init(_ description: String, _ kind: Kind) {
    self.description = description
    self.kind = kind
  }
}
