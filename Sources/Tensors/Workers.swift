import Synchronization

/// Threads over the shards of a batch. Results never depend on how many there are: what is shared out is fixed by the
/// batch alone, and results come back in its order.
public struct Workers: Hashable, Sendable {
  /// The number of threads, the calling one included.
  public let threads: Int

  /// A given number of threads.
  /// - Precondition: at least one.
  public init(threads: Int) {
    precondition(threads > 0, "at least one thread is needed")
    self.threads = threads
  }

  /// The calling thread alone.
  public static let one = Workers(threads: 1)

  /// The results of `body` for 0..<count, in that order; of several errors the first in that order is thrown. Nothing is
  /// begun any more that stands behind an error.
  public func map<Result: Sendable, Failure>(
    _ count: Int, _ body: @Sendable (Int) throws(Failure) -> Result
  ) throws(Failure) -> [Result] {
    guard threads > 1, count > 1 else {
      var results: [Result] = []
      results.reserveCapacity(count)
      for index in 0..<count { results.append(try body(index)) }
      return results
    }
    var results = [Swift.Result<Result, Failure>?](repeating: nil, count: count)
    results.withUnsafeMutableBufferPointer { buffer in
      // Each index is written by one thread alone.
      nonisolated(unsafe) let slots = buffer
      let firstFailure = Atomic<Int>(count)
      forEach(count) { index in
        guard index < firstFailure.load(ordering: .relaxed) else { return }
        do throws(Failure) {
          slots[index] = .success(try body(index))
        } catch {
          slots[index] = .failure(error)
          firstFailure.min(index, ordering: .relaxed)
        }
      }
    }
    var values: [Result] = []
    values.reserveCapacity(count)
    // What has no result stands behind the error that is thrown.
    for result in results { values.append(try result!.get()) }
    return values
  }

  /// The results of `body` for the shards of a batch, in the order of the rows; of several errors the first in that order
  /// is thrown.
  /// - Parameter shardSize: the rows of a shard: the results may depend on it, and never on the number of threads.
  public func map<Result: Sendable, Failure>(
    shardsOf rows: Int, shardSize: Int = Workers.shardSize,
    _ body: @Sendable (Range<Int>) throws(Failure) -> Result
  ) throws(Failure) -> [Result] {
    let shards = Workers.shards(of: rows, shardSize: shardSize)
    return try map(shards.count) { shard throws(Failure) in try body(shards[shard]) }
  }

  /// Changes the elements of an array, each in place and on one thread alone.
  /// - Returns: the results of `body` in the order of the elements; of several errors the first in that order is thrown.
  public func map<Element, Result: Sendable, Failure>(
    changing elements: inout [Element],
    _ body: @Sendable (_ index: Int, _ element: inout Element) throws(Failure) -> Result
  ) throws(Failure) -> [Result] {
    let count = elements.count
    return try elements.withUnsafeMutableBufferPointer { buffer throws(Failure) in
      // Each index is used by one thread alone.
      nonisolated(unsafe) let elements = buffer
      return try map(count) { index throws(Failure) in try body(index, &elements[index]) }
    }
  }

  /// Calls `body` for each of 0..<count, in any order and on any of the threads: whoever is free takes the next.
  package func forEach(_ count: Int, _ body: @Sendable (Int) -> Void) {
    guard threads > 1, count > 1 else {
      for index in 0..<count { body(index) }
      return
    }
    WorkerThread.share(count, among: min(threads, count), body)
  }

  /// Calls `body` for pieces of several buffers, each piece named by its buffer and the range of its elements. Pieces
  /// start at multiples of 16; with one thread each buffer is a piece.
  package func forEachPiece(
    of counts: [Int], _ body: @Sendable (_ buffer: Int, _ range: Range<Int>) -> Void
  ) {
    guard threads > 1 else {
      for (index, count) in counts.enumerated() { body(index, 0..<count) }
      return
    }
    // Small enough to share a small network's parameters out, large enough that taking the next costs nothing.
    let size = 2048
    var pieces: [(buffer: Int, range: Range<Int>)] = []
    pieces.reserveCapacity(counts.reduce(0) { $0 + ($1 + size - 1) / size })
    for (index, count) in counts.enumerated() {
      for start in stride(from: 0, to: count, by: size) {
        pieces.append((index, start..<min(start + size, count)))
      }
    }
    forEach(pieces.count) { [pieces] in body(pieces[$0].buffer, pieces[$0].range) }
  }

  /// The shards of a batch: ranges of at most `shardSize` rows, whatever the number of threads.
  public static func shards(of rows: Int, shardSize: Int = Workers.shardSize) -> [Range<Int>] {
    stride(from: 0, to: rows, by: shardSize).map { $0..<min($0 + shardSize, rows) }
  }

  /// Rows a shard: large enough for efficient matrix products, small enough to share a batch of 256 out.
  public static let shardSize = 64
}
