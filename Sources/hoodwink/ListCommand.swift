import ArgumentParser
import Attacks
import Defenses
import Environments
import Foundation
import Policies

/// Lists what there is.
struct ListCommand: ParsableCommand {
  enum Subject: String, ExpressibleByArgument, CaseIterable {
    case environments
    case policies
    case attacks
    case defenses
  }

  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List environments, policies, attacks or defenses.",
    discussion: """
      Examples:
        hoodwink list environments
        hoodwink list attacks --json
        hoodwink list attacks pgd
      """)

  @Argument(help: "environments, policies, attacks or defenses.")
  var subject: Subject

  @Argument(help: "An attack, to list its parameters.")
  var name: String?

  @OptionGroup var common: CommonOptions

  func validate() throws {
    if let name, subject != .attacks {
      throw ValidationError("only attacks are listed by name, not \"\(name)\"")
    }
  }

  func run() throws {
    switch subject {
    case .environments: try listEnvironments()
    case .policies: try listPolicies()
    case .attacks:
      if let name { try listParameters(of: name) } else { try listAttacks() }
    case .defenses: try listDefenses()
    }
  }

  /// The rows of all that can be read; what cannot hides nothing else.
  private func readable<Row>(_ names: [String], _ row: (String) throws -> Row) -> [Row] {
    names.compactMap { name in
      do { return try row(name) } catch {
        warn(["\(error)"])
        return nil
      }
    }
  }

  private struct EnvironmentRow: Encodable {
    let id: String
    let height: Int
    let width: Int
    let channels: Int
    let actions: [String]
    let description: String
  }

  private func listEnvironments() throws {
    let catalog = try common.folders().catalog()
    let rows = readable(catalog.ids) { id in
      let definition = try catalog.definition(for: id)
      let space = definition.observationSpace
      return EnvironmentRow(
        id: definition.id, height: space.height, width: space.width, channels: space.channels,
        actions: definition.actions, description: definition.description)
    }
    if common.json { return try printJSON(rows) }
    var table = Table(["environment", "observation", "actions", "description"], leftColumns: 4)
    for row in rows {
      table.append([
        row.id, "\(row.height)×\(row.width)×\(row.channels)", row.actions.joined(separator: " "),
        // The first sentence says what it is.
        row.description.components(separatedBy: ". ")[0].trimmingCharacters(in: .whitespacesAndNewlines),
      ])
    }
    print(table.text)
  }

  private struct PolicyRow: Encodable {
    let name: String
    let environment: String
    let agent: String
    let defense: String?
    let steps: Int
    let weightsHash: String
  }

  private func listPolicies() throws {
    let folders = try common.folders()
    let rows = readable(PolicyFile.names(in: folders.policies)) { name in
      let file = try PolicyFile(contentsOf: PolicyFile.locate(name, policies: folders.policies))
      let description = file.description
      return PolicyRow(
        name: name, environment: description.environment, agent: description.agent.rawValue,
        defense: description.defense, steps: description.steps, weightsHash: "\(file.weightsHash)")
    }
    if common.json { return try printJSON(rows) }
    if rows.isEmpty {
      return print("no policies in \(folders.policies.path) yet: train one with hoodwink train")
    }
    var table = Table(["policy", "environment", "agent", "defense", "steps"], leftColumns: 4)
    for row in rows {
      table.append([row.name, row.environment, row.agent, row.defense ?? "–", "\(row.steps)"])
    }
    print(table.text)
  }

  private func listDefenses() throws {
    if common.json { return try printJSON(DefenseCatalog.all) }
    var table = Table(["defense", "changes", "hardens", "description"], leftColumns: 4)
    for about in DefenseCatalog.all {
      let agents =
        about.agents == AgentKind.allCases
        ? "every agent" : about.agents.map(\.rawValue).joined(separator: ", ")
      table.append([about.name, about.seam.rawValue, agents, about.summary])
      for parameter in about.parameters {
        let usual = parameter.name == "epsilon" ? "--epsilon" : parameter.usual
        table.append(["  :\(parameter.name)=", "", usual, parameter.summary])
      }
    }
    print(table.text)
  }

  private struct AttackRow: Encodable {
    let name: String
    let access: String
    let norms: [String]
    let cost: String
    let summary: String
  }

  private func listAttacks() throws {
    let rows = AttackCatalog.entries.map {
      AttackRow(
        name: $0.name, access: $0.about.access, norms: $0.about.norms.map(\.rawValue), cost: $0.about.cost,
        summary: $0.about.summary)
    }
    if common.json { return try printJSON(rows) }
    var table = Table(["attack", "needs", "norms", "passes a frame", "description"], leftColumns: 5)
    for row in rows {
      table.append([
        row.name, row.access, row.norms.isEmpty ? "–" : row.norms.joined(separator: " "), row.cost,
        row.summary,
      ])
    }
    print(table.text)
  }

  private func listParameters(of name: String) throws {
    let entry = try AttackCatalog.entry(name)
    if common.json { return try printJSON(entry.parameters) }
    print("\(name): \(entry.about.summary). Needs \(entry.about.access); \(entry.about.cost).")
    if entry.parameters.isEmpty { return print("It has no parameters.") }
    var table = Table(["parameter", "usual", "description"], leftColumns: 3)
    for about in entry.parameters {
      table.append([about.name, about.usual.isEmpty ? "–" : about.usual, about.summary])
    }
    print(table.text)
  }
}
