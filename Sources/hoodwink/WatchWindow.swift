#if Window
  import Display

  /// An episode in a window: space pauses, the right arrow makes one step, q or closing the window ends it.
  enum WatchWindow {
    /// How long a step stays on the screen, in milliseconds.
    private static let pace = 120

    /// Shows the episode to its end, then its last frame until the person closes the window.
    @MainActor
    static func show(_ episode: inout WatchedEpisode) throws {
      let window = try Window(title: "Hoodwink")
      var isPaused = false
      var canvas = Composition.draw(try episode.step())
      while true {
        try window.show(canvas)
        let waits = isPaused || episode.hasEnded
        // A pause is slept through, a quarter of a second at a time, and redrawn in case the window was covered.
        var wantsStep = !waits
        switch window.waitForCommand(milliseconds: waits ? 250 : pace) {
        case .quit: return
        case .togglePause:
          isPaused.toggle()
          wantsStep = false
        case .step:
          isPaused = true
          wantsStep = true
        case nil: break
        }
        if wantsStep && !episode.hasEnded { canvas = Composition.draw(try episode.step()) }
      }
    }
  }
#endif
