import Dispatch
import Foundation
import Synchronization

/// A thread that helps another with a job and then waits for the next one, for as long as the program runs.
///
/// Dispatch wakes a sleeping thread for each job, which takes longer than a training step of a small network. A helper
/// watches for its next job for a moment before it goes to sleep, so that one job after another costs no wake-up.
final class WorkerThread: Sendable {
  private enum State {
    static let idle = 0
    static let asleep = 1
    /// A job is set, and the helper has not begun it.
    static let posted = 2
    static let running = 3
    /// Running, and the poster sleeps until it is done.
    static let awaited = 4
    static let done = 5
    /// Done, and asleep until the next job: the poster may have more to do for hours.
    static let doneAndAsleep = 6
  }

  private let state = Atomic<Int>(State.idle)
  private let wakeUp = DispatchSemaphore(value: 0)
  private let completion = DispatchSemaphore(value: 0)
  /// Written by the poster before it sets `posted`, read by the helper after it has seen that.
  private nonisolated(unsafe) var job: (@Sendable () -> Void)?

  /// How long a thread watches before it sleeps.
  private static let patience: UInt64 = 100_000

  /// The threads that nobody uses: with the buffer pools the one state that outlives a call. Neither changes a result.
  private static let unused = Mutex<[WorkerThread]>([])

  private init() {
    let thread = Thread { self.run() }
    thread.name = "hoodwink worker"
    thread.stackSize = 8 << 20
    thread.start()
  }

  /// Calls `body` for each of 0..<count on the calling thread and helpers; returns when all calls have.
  ///
  /// Each thread has a part of its own, the same from call to call, and takes from the others' when that is done: what it
  /// worked on last time is in its cache.
  static func share(_ count: Int, among threads: Int, _ body: @Sendable (Int) -> Void) {
    let parts = (0..<threads).map { Part(($0 * count / threads)..<(($0 + 1) * count / threads)) }
    withoutActuallyEscaping(body) { body in
      let work: @Sendable (Int) -> Void = { own in
        for distance in 0..<threads {
          let part = parts[(own + distance) % threads]
          while let index = part.take() { body(index) }
        }
      }
      let helpers = borrow(threads - 1)
      for (index, helper) in helpers.enumerated() { helper.post { work(index + 1) } }
      work(0)
      for helper in helpers { helper.finish() }
      unused.withLock { $0.append(contentsOf: helpers) }
    }
  }

  private static func borrow(_ count: Int) -> [WorkerThread] {
    var helpers = unused.withLock { unused in
      let taken = Array(unused.suffix(count))
      unused.removeLast(taken.count)
      return taken
    }
    while helpers.count < count { helpers.append(WorkerThread()) }
    return helpers
  }

  private func post(_ job: @escaping @Sendable () -> Void) {
    self.job = job
    if state.exchange(State.posted, ordering: .acquiringAndReleasing) == State.asleep { wakeUp.signal() }
  }

  /// Returns when the helper has done its job, or takes the job back if it has not begun.
  private func finish() {
    if !replace(State.posted, by: State.idle) {
      Self.watch { state.load(ordering: .acquiring) >= State.done }
      if replace(State.running, by: State.awaited) { completion.wait() }
      // It may fall asleep between the two attempts.
      while !replace(State.done, by: State.idle) && !replace(State.doneAndAsleep, by: State.asleep) {}
    }
    job = nil
  }

  private func run() {
    while true {
      Self.watch { state.load(ordering: .acquiring) == State.posted }
      if replace(State.idle, by: State.asleep) || replace(State.done, by: State.doneAndAsleep) {
        wakeUp.wait()
      }
      guard replace(State.posted, by: State.running) else { continue }
      runJob()
      if state.exchange(State.done, ordering: .acquiringAndReleasing) == State.awaited { completion.signal() }
    }
  }

  /// Not inlined, so that nothing holds the job any more when it is reported done.
  @inline(never)
  private func runJob() { job!() }

  private func replace(_ old: Int, by new: Int) -> Bool {
    state.compareExchange(expected: old, desired: new, ordering: .acquiringAndReleasing).exchanged
  }

  /// Returns when the condition holds, or after a moment.
  private static func watch(for condition: () -> Bool) {
    let deadline = DispatchTime.now().uptimeNanoseconds + patience
    repeat {
      for _ in 0..<64 where condition() { return }
    } while DispatchTime.now().uptimeNanoseconds < deadline
  }

  /// The numbers of a range, each given out once.
  private final class Part: Sendable {
    private let next: Atomic<Int>
    private let end: Int

    init(_ range: Range<Int>) {
      next = Atomic(range.lowerBound)
      end = range.upperBound
    }

    func take() -> Int? {
      let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
      return index < end ? index : nil
    }
  }
}
