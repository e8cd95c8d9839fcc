import CKernels
import Foundation
import Synchronization

/// Freed buffers, kept for the next tensor of about their size; one pool a thread, so that no lock is needed, and one
/// that all share for what a thread has too much of.
///
/// The one documented exception to "no global state": a training step allocates the same few sizes over and over, and
/// returning megabytes to the system each time costs more than the arithmetic on them. A pool never influences a result.
/// A buffer freed on another thread than the one that made it joins that thread's pool. Where one thread makes what
/// another frees, the surplus returns by way of the shared pool.
struct BufferPool {
  /// Buffers hold at least this many floats, and a multiple of it: kernels may read and write whole vectors of 16. As many
  /// more can be read behind them, so that a vector may start at any element.
  static let granularity = 16
  private static let classCount = 40
  /// The shared pool keeps at most this much; what is freed beyond goes back to the system.
  private static let limitInBytes = 1 << 30

  /// The largest class of which a thread keeps buffers to itself: 16 MiB. Larger ones are counted in the shared pool.
  private static let largestOwnClass = 18

  /// How many buffers of a class a thread keeps to itself: many small ones, few large ones.
  @inline(__always)
  private static func ownLimit(_ sizeClass: Int) -> Int {
    sizeClass > largestOwnClass ? 0 : max(2, 64 >> max(0, sizeClass - 6))
  }

  /// For each size class the free buffers.
  private var lists: UnsafeMutablePointer<FreeList>

  private init() {
    lists = .allocate(capacity: Self.classCount)
    lists.initialize(repeating: FreeList(), count: Self.classCount)
  }

  /// A list that is threaded through the free buffers themselves.
  private struct FreeList {
    private var head: UnsafeMutableRawPointer?
    private(set) var count = 0

    @inline(__always)
    mutating func pop() -> UnsafeMutableRawPointer? {
      guard let buffer = head else { return nil }
      head = buffer.load(as: UnsafeMutableRawPointer?.self)
      count &-= 1
      return buffer
    }

    @inline(__always)
    mutating func push(_ buffer: UnsafeMutableRawPointer) {
      buffer.storeBytes(of: head, as: UnsafeMutableRawPointer?.self)
      head = buffer
      count &+= 1
    }
  }

  /// What threads had too much of. The pointers in it are nobody else's, and the lock hands them from thread to thread.
  private struct Surplus: @unchecked Sendable {
    var lists = [FreeList](repeating: FreeList(), count: classCount)
    var bytes = 0
  }
  private static let surplus = Mutex(Surplus())

  /// The smallest class whose buffers hold `count` floats: class c holds 16·2ᶜ.
  private static func sizeClass(for count: Int) -> Int {
    let blocks = (count &+ (granularity &- 1)) / granularity
    return blocks <= 1 ? 0 : Int.bitWidth &- (blocks &- 1).leadingZeroBitCount
  }

  private static func bytes(of sizeClass: Int) -> Int {
    (granularity * MemoryLayout<Float>.stride) << sizeClass
  }

  /// Frees a thread's pool when the thread ends.
  private static let key: pthread_key_t = {
    var key = pthread_key_t()
    let status = pthread_key_create(&key) { pool in
      set_buffers_of_thread(nil)
      let pool = pool!.assumingMemoryBound(to: BufferPool.self)
      pool.pointee.freeAll()
      pool.deinitialize(count: 1)
      pool.deallocate()
    }
    precondition(status == 0, "no thread-specific key for the buffer pool: status \(status)")
    return key
  }()

  /// The pool of the running thread, made at its first tensor.
  @inline(__always)
  private static var current: UnsafeMutablePointer<BufferPool> {
    if let pool = get_buffers_of_thread() { return pool.assumingMemoryBound(to: BufferPool.self) }
    return makeCurrent()
  }

  @inline(never)
  private static func makeCurrent() -> UnsafeMutablePointer<BufferPool> {
    let pool = UnsafeMutablePointer<BufferPool>.allocate(capacity: 1)
    pool.initialize(to: BufferPool())
    pthread_setspecific(key, pool)
    set_buffers_of_thread(pool)
    return pool
  }

  /// Uninitialized room for `count` floats, aligned to 64 bytes.
  static func take(_ count: Int) -> UnsafeMutablePointer<Float> {
    let sizeClass = sizeClass(for: count)
    precondition(sizeClass < classCount, "out of memory: a tensor of \(count) elements")
    let buffer = current.pointee.lists[sizeClass].pop() ?? takeShared(sizeClass)
    return buffer.assumingMemoryBound(to: Float.self)
  }

  /// Takes back what `take(count)` gave.
  static func giveBack(_ pointer: UnsafeMutablePointer<Float>, _ count: Int) {
    let sizeClass = sizeClass(for: count)
    let list = current.pointee.lists + sizeClass
    list.pointee.push(UnsafeMutableRawPointer(pointer))
    if list.pointee.count > ownLimit(sizeClass), let surplus = list.pointee.pop() {
      share(surplus, sizeClass)
    }
  }

  @inline(never)
  private static func takeShared(_ sizeClass: Int) -> UnsafeMutableRawPointer {
    let shared = surplus.withLock { surplus in
      surplus.lists[sizeClass].pop().map { buffer in
        surplus.bytes -= bytes(of: sizeClass)
        return UInt(bitPattern: buffer)
      }
    }
    if let shared, let buffer = UnsafeMutableRawPointer(bitPattern: shared) { return buffer }
    var raw: UnsafeMutableRawPointer?
    let status = posix_memalign(&raw, 64, bytes(of: sizeClass) + bytes(of: 0))
    precondition(status == 0, "out of memory: a buffer of \(bytes(of: sizeClass)) bytes")
    return raw!
  }

  @inline(never)
  private static func share(_ buffer: UnsafeMutableRawPointer, _ sizeClass: Int) {
    let bits = UInt(bitPattern: buffer)
    let isKept = surplus.withLock { surplus in
      guard surplus.bytes + bytes(of: sizeClass) <= limitInBytes else { return false }
      if let buffer = UnsafeMutableRawPointer(bitPattern: bits) { surplus.lists[sizeClass].push(buffer) }
      surplus.bytes += bytes(of: sizeClass)
      return true
    }
    if !isKept { free(buffer) }
  }

  private func freeAll() {
    for sizeClass in 0..<Self.classCount {
      while let buffer = lists[sizeClass].pop() { free(buffer) }
    }
    lists.deallocate()
  }
}
