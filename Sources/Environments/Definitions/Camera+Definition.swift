extension Camera {
  /// Reads the mapping below a key of a definition.
  init(_ definition: DefinitionReader, key: String) throws(EnvironmentError) {
    let reader = try definition.mapping(
      key, keys: ["noise", "quantized"], optional: ["drift", "drift-steps"])
    self.init(
      noise: Float(try reader.number("noise", in: 0...1)),
      drift: reader.has("drift") ? Float(try reader.number("drift", in: 0...1)) : 0,
      driftSteps: reader.has("drift-steps")
        ? Float(try reader.number("drift-steps", in: 1...1_000_000)) : 100,
      isQuantized: try reader.boolean("quantized"))
  }
}
