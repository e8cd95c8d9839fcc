import Policies
import RandomStreams
import Tensors

/// Finds perturbed observations. It proposes; ``Attacker`` holds it to the threat model.
public protocol Attack: Sendable {
  /// What it knows of its victim while it attacks; by default all.
  var needs: Knowledge { get }

  /// What it has asked of its victim to learn, the steps of its lesson not counted; by default nothing.
  var learningPasses: Passes { get }

  /// Perturbed observations, in the shape of the clean ones.
  ///
  /// - Parameters:
  ///   - clean: the observations and what the victim makes of them; through it the victim is asked.
  ///   - criterion: what the attack wants.
  ///   - neighborhood: what it may do.
  ///   - random: one stream an observation, so that what is drawn does not depend on what else is in the batch.
  func perturb(
    _ clean: CleanPass, meeting criterion: any Criterion, within neighborhood: Neighborhood,
    using random: inout [RandomStream]
  ) -> Tensor

  /// Checks that it can work on observations of a shape; by default on all.
  func check(fits shape: Shape) throws(AttackError)
}

extension Attack {
  /// All.
  public var needs: Knowledge { .weights }

  /// Nothing.
  public var learningPasses: Passes { Passes() }

  /// It can.
  public func check(fits shape: Shape) throws(AttackError) {}
}

/// What a person names: an attack's parameters, without a victim. Bound to a victim of the access that it needs, it is an
/// ``Attack``.
public protocol AttackRecipe: Hashable, Sendable {
  /// What it can ask: `any Policy`, `any ScoringPolicy`, `any DifferentiablePolicy` or `any ValuingPolicy`.
  associatedtype Access: Sendable

  /// What people are told.
  static var about: AboutAttack { get }

  /// What can be set, by name.
  static var parameters: [AttackParameter<Self>] { get }

  /// What it must know of its victim as it is set; by default what people are told.
  var needs: Knowledge { get }

  /// Whether it learns from its victim's experience before it attacks, as it is set; by default it does not.
  var learns: Bool { get }

  /// The attack as its source has it, where parameters are not set.
  init()

  /// The attack against a victim.
  /// - Parameter lesson: what to learn from; nil for those that do not learn.
  /// - Throws: ``AttackError`` when it is to learn and cannot, or its parameters contradict one another.
  func against(_ victim: Access, learningFrom lesson: Lesson?) throws -> any Attack
}

extension AttackRecipe {
  /// Nothing.
  public static var parameters: [AttackParameter<Self>] { [] }

  /// As people are told.
  public var needs: Knowledge { Self.about.needs }

  /// It does not.
  public var learns: Bool { false }
}

/// A recipe that searches around each observation with nothing but its parameters.
public protocol SearchRecipe: AttackRecipe {
  associatedtype Access

  /// Perturbed observations of a victim: what ``Attack/perturb(_:meeting:within:using:)`` gives.
  func perturb(
    _ clean: CleanPass, of victim: Access, meeting criterion: any Criterion,
    within neighborhood: Neighborhood,
    using random: inout [RandomStream]
  ) -> Tensor
}

extension SearchRecipe {
  /// The attack that calls ``perturb(_:of:meeting:within:using:)``.
  public func against(_ victim: Access, learningFrom lesson: Lesson?) throws -> any Attack {
    BoundAttack(recipe: self, victim: victim)
  }
}

extension SearchRecipe where Access == any DifferentiablePolicy {
  /// One search, or the strongest of several from starts of their own.
  func starts(_ count: Int, against victim: Access) -> any Attack {
    let one = BoundAttack(recipe: self, victim: victim)
    return count > 1
      ? Strongest(of: Array(repeating: one, count: count), against: victim, knowing: .weights) : one
  }
}

/// A recipe and its victim.
struct BoundAttack<Recipe: SearchRecipe>: Attack {
  let recipe: Recipe
  let victim: Recipe.Access

  var needs: Knowledge { recipe.needs }

  func perturb(
    _ clean: CleanPass, meeting criterion: any Criterion, within neighborhood: Neighborhood,
    using random: inout [RandomStream]
  ) -> Tensor {
    recipe.perturb(clean, of: victim, meeting: criterion, within: neighborhood, using: &random)
  }
}

/// What people are told of an attack.
public struct AboutAttack: Hashable, Sendable {
  /// The name in commands.
  public let name: String
  /// One line.
  public let summary: String
  /// What it must know of the victim.
  public let needs: Knowledge
  /// Whether it must know the victim's value, too.
  public let needsValues: Bool
  /// The norms that it is made for; under another it is projected, and weaker than it might be. None for what perturbs nothing.
  public let norms: [ThreatModel.Norm]
  /// Passes through the victim for each frame, the clean one included, the one that decides not.
  public let cost: String
  /// Whether it brings a goal of its own.
  public let hasOwnGoal: Bool

  /// What is told.
  public init(
    _ name: String, _ summary: String, needs: Knowledge, needsValues: Bool = false,
    norms: [ThreatModel.Norm] = ThreatModel.Norm.allCases, cost: String, hasOwnGoal: Bool = false
  ) {
    self.name = name
    self.summary = summary
    self.needs = needs
    self.needsValues = needsValues
    self.norms = norms
    self.cost = cost
    self.hasOwnGoal = hasOwnGoal
  }
}
