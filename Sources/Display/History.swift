/// The last of many states of something, to go back through.
struct History<State: Sendable>: Sendable {
  private var states: [State]
  private let capacity: Int

  /// The history of one state.
  /// - Parameter capacity: how many states are kept, at least 1; then the oldest is dropped for each new one.
  init(_ state: State, capacity: Int) {
    precondition(capacity >= 1, "a history of nothing")
    states = [state]
    self.capacity = capacity
  }

  /// The newest state.
  var now: State {
    get { states[states.count - 1] }
    set { states[states.count - 1] = newValue }
  }

  /// How many states are kept, the newest included.
  var count: Int { states.count }

  /// The newest states, the newest last.
  func suffix(_ count: Int) -> ArraySlice<State> { states.suffix(count) }

  /// A new state after the newest.
  mutating func append(_ state: State) {
    states.append(state)
    if states.count > capacity { states.removeFirst() }
  }

  /// Forgets the newest state; false where no earlier one is kept.
  mutating func goBack() -> Bool {
    guard states.count > 1 else { return false }
    states.removeLast()
    return true
  }
}
