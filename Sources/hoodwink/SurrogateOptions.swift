import ArgumentParser
import Policies

/// On what an attack searches, as an option.
struct SurrogateOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Search on another policy that sees the same observations (a transfer attack): of the attacked one only its clean action "
        + "is known, and what a timing looks at.", valueName: "policy"))
  var surrogate: String?

  /// What stands behind an attack that searches elsewhere.
  var remark: String { surrogate.map { ", searched on \($0)" } ?? "" }

  /// The other policy, which sees what the attacked one sees, by the name that was asked for.
  func surrogate(
    for subject: NamedPolicy, in folders: ProjectFolders
  ) throws -> (name: String, policy: any Policy)? {
    guard let surrogate else { return nil }
    let other = try NamedPolicy(surrogate, in: folders)
    // The same weights behind other inference defenses are another policy: the one whose gradients those hide.
    guard
      other.file.weightsHash != subject.file.weightsHash
        || other.file.description.inference != subject.file.description.inference
    else {
      throw Failure("--surrogate \(surrogate): is the attacked policy itself; leave it out, or name another")
    }
    let (own, second) = (subject.file.description, other.file.description)
    guard second.frame == own.frame, second.frames == own.frames else {
      throw Failure("--surrogate \(surrogate): sees other observations than \(subject.name)")
    }
    guard second.actions == own.actions else {
      throw Failure("--surrogate \(surrogate): has other actions than \(subject.name)")
    }
    guard !other.file.policy.network.isRecurrent else {
      throw Failure(
        "--surrogate \(surrogate): remembers, and what it would remember of the other's episodes is not known"
      )
    }
    return (surrogate, other.file.victim)
  }
}
