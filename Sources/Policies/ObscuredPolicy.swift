/// A policy that does something to its observations through which no useful gradient passes, rounding them, say. A
/// gradient attack on it finds nothing, which says nothing about the policy.
public protocol ObscuredPolicy: DifferentiablePolicy {
  /// What it does, for people: "rounds its observations to 8 levels".
  var obscurity: String { get }

  /// The same policy, whose backward pass takes that for the identity (BPDA; Athalye, Carlini & Wagner 2018, section 4.1).
  var straightThrough: any DifferentiablePolicy { get }
}
