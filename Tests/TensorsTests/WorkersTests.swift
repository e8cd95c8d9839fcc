import Foundation
import RandomStreams
import Synchronization
import Tensors
import TestSupport
import Testing

struct WorkersTests {
  @Test(arguments: [1, 2, 3, 8])
  func resultsComeInOrder(_ threads: Int) {
    #expect(Workers(threads: threads).map(20) { $0 * $0 } == (0..<20).map { $0 * $0 })
    #expect(Workers(threads: threads).map(1) { $0 } == [0])
    #expect(Workers(threads: threads).map(0) { $0 } == [])
  }

  struct Failure: Error, Equatable { let index: Int }

  /// Whichever thread fails first, the error is that of the first index.
  @Test(arguments: [1, 2, 3, 8])
  func theFirstErrorIsThrown(_ threads: Int) {
    #expect(throws: Failure(index: 3)) {
      try Workers(threads: threads).map(20) { (index: Int) throws(Failure) -> Int in
        if index >= 3 { throw Failure(index: index) }
        return index
      }
    }
  }

  /// Behind an error nothing more is begun; before it all is.
  @Test(arguments: [1, 2])
  func nothingIsBegunBehindAnError(_ threads: Int) {
    let count = 20_000
    let begun = Mutex(Set<Int>())
    let hasFailed = Atomic(false)
    #expect(throws: Failure(index: 10)) {
      try Workers(threads: threads).map(count) { (index: Int) throws(Failure) -> Int in
        begun.withLock { _ = $0.insert(index) }
        if index == 10 {
          hasFailed.store(true, ordering: .releasing)
          throw Failure(index: index)
        }
        // The other thread may not get a core for as long as all the rest would take: it is let through, again and again.
        if index > 10 { repeat { sched_yield() } while !hasFailed.load(ordering: .acquiring) }
        return index
      }
    }
    let indices = begun.withLock { $0 }
    #expect(indices.isSuperset(of: 0...10))
    #expect(indices.count < count)
  }

  @Test func threadsComputeTheSameBits() {
    let batch = 300
    let examples = random(seed: 1, [batch, 10, 10, 4])
    let (weight, bias) = (random(seed: 2, [3, 3, 4, 16]), random(seed: 3, [16]))
    let results = [1, 2, 3].map { threads in
      Workers(threads: threads).map(shardsOf: batch) { shard in
        let leaf = weight.tracked()
        let value = examples.slice(shard).convolution(leaf, bias: bias, activation: .tanh).sum()
        return [value, value.gradient(at: leaf)]
      }
    }
    #expect(results[1] == results[0])
    #expect(results[2] == results[0])
  }

  private func random(seed: UInt64, _ shape: Shape) -> Tensor {
    var random = RandomStream(seed: seed)
    return random.tensor(shape)
  }

  @Test func shardsCoverTheBatchOnce() {
    for rows in [0, 1, 63, 64, 65, 256, 300] {
      let shards = Workers.shards(of: rows)
      #expect(shards.flatMap { Array($0) } == Array(0..<rows))
      #expect(shards.allSatisfy { !$0.isEmpty && $0.count <= Workers.shardSize })
    }
    #expect(Workers.shards(of: 10, shardSize: 4) == [0..<4, 4..<8, 8..<10])
  }

  /// Tensors made on one thread and freed on another must not disturb either's pool.
  @Test func tensorsTravelBetweenThreads() {
    let workers = Workers(threads: 4)
    for round in 0..<50 {
      let made = workers.map(16) { Tensor(repeating: Float($0 + round), shape: [$0 + 1, 33]) }
      let sums = workers.map(16) { (made[15 - $0] * 2).sum().scalar }
      #expect(sums == (0..<16).map { Float((15 - $0 + round) * 2 * 33 * (16 - $0)) })
    }
  }
}
