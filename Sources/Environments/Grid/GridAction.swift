/// MiniGrid's seven actions, in its order; the names are those that people read.
enum GridAction: Int, CaseIterable {
  case left, right, forward, pickup, drop, toggle, done
}
