/// An environment that a definition file can describe.
protocol DefinableEnvironment: Environment {
  /// The word for it after `kind:`.
  static var kind: String { get }

  /// The keys below `parameters:` that must be there.
  static var parameterKeys: [String] { get }

  /// The keys below `parameters:` that may be there.
  static var optionalParameterKeys: [String] { get }

  /// Reads the parameters.
  ///
  /// - Throws: ``EnvironmentError`` for a parameter that makes no sense.
  init(_ parameters: DefinitionReader, timeLimit: Int) throws(EnvironmentError)
}

extension DefinableEnvironment {
  /// None by default.
  static var optionalParameterKeys: [String] { [] }
}

extension Catch: DefinableEnvironment {
  static var kind: String { "catch" }

  static var parameterKeys: [String] { ["rows", "columns", "pixels-per-cell"] }

  init(_ parameters: DefinitionReader, timeLimit: Int) throws(EnvironmentError) {
    let rows = try parameters.integer("rows", in: 2...64)
    let columns = try parameters.integer("columns", in: 1...64)
    guard Self.canCatchEveryBall(rows: rows, columns: columns) else {
      throw parameters.error("\(rows) rows are too few to reach all of \(columns) columns", at: "columns")
    }
    let pixels = try parameters.integer("pixels-per-cell", in: 1...16)
    self.init(rows: rows, columns: columns, pixelsPerCell: pixels)
  }
}

extension Pong: DefinableEnvironment {
  static var kind: String { "pong" }

  static var parameterKeys: [String] { ["size"] }

  init(_ parameters: DefinitionReader, timeLimit: Int) throws(EnvironmentError) {
    let size = try parameters.integer("size", in: 42...84)
    guard PixelView.sizes.contains(size) else {
      throw parameters.error("'size' is \(size); 42 and 84 are possible", at: "size")
    }
    self.init(size: size)
  }
}
