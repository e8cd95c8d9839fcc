import Dispatch

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

  /// The results of `body` for 0..<count, in that order; of several errors the first in that order is thrown.
  public func map<Result: Sendable, Failure>(
    _ count: Int, _ body: @Sendable (Int) throws(Failure) -> Result
  ) throws(Failure) -> [Result] {
    guard threads > 1, count > 1 else {
      var results: [Result] = []
      for index in 0..<count { results.append(try body(index)) }
      return results
    }
    let workers = min(threads, count)
    var results = [Swift.Result<Result, Failure>?](repeating: nil, count: count)
    results.withUnsafeMutableBufferPointer { buffer in
      // Each index is written by one thread alone.
      nonisolated(unsafe) let slots = buffer
      DispatchQueue.concurrentPerform(iterations: workers) { worker in
        for index in stride(from: worker, to: count, by: workers) {
          do throws(Failure) { slots[index] = .success(try body(index)) } catch { slots[index] = .failure(error) }
        }
      }
    }
    var values: [Result] = []
    for result in results { values.append(try result!.get()) }
    return values
  }

  /// The shards of a batch: ranges of at most `shardSize` rows, whatever the number of threads.
  public static func shards(of rows: Int, shardSize: Int = Workers.shardSize) -> [Range<Int>] {
    stride(from: 0, to: rows, by: shardSize).map { $0..<min($0 + shardSize, rows) }
  }

  /// Rows a shard: large enough for efficient matrix products, small enough to share a batch of 256 out.
  public static let shardSize = 64
}
