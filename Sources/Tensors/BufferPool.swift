import Foundation

/// Freed buffers, kept for the next tensor of about their size; one pool a thread, so that no lock is needed.
///
/// The one documented exception to "no global state": a training step allocates the same few sizes over and over, and
/// returning megabytes to the system each time costs more than the arithmetic on them. A pool never influences a result.
/// A buffer freed on another thread than the one that made it joins that thread's pool.
struct BufferPool {
  /// Buffers hold at least this many floats, and a multiple of it: kernels may read and write whole vectors of 16.
  static let granularity = 16
  private static let classCount = 40
  /// A thread keeps at most this much; what is freed beyond goes back to the system.
  private static let limitInBytes = 1 << 30

  /// For each size class the head of a list that is threaded through the free buffers themselves.
  private var heads: UnsafeMutablePointer<UnsafeMutableRawPointer?>
  private var bytesHeld = 0

  private init() {
    heads = .allocate(capacity: Self.classCount)
    heads.initialize(repeating: nil, count: Self.classCount)
  }

  /// The smallest class whose buffers hold `count` floats: class c holds 16·2ᶜ.
  private static func sizeClass(for count: Int) -> Int {
    let blocks = (count &+ (granularity &- 1)) / granularity
    return blocks <= 1 ? 0 : Int.bitWidth &- (blocks &- 1).leadingZeroBitCount
  }

  private static func bytes(of sizeClass: Int) -> Int { (granularity * MemoryLayout<Float>.stride) << sizeClass }

  /// The pool of the running thread, made at its first tensor and freed when the thread ends.
  private static let key: pthread_key_t = {
    var key = pthread_key_t()
    let status = pthread_key_create(&key) { pool in
      let pool = pool!.assumingMemoryBound(to: BufferPool.self)
      pool.pointee.freeAll()
      pool.deinitialize(count: 1)
      pool.deallocate()
    }
    precondition(status == 0, "no thread-specific key for the buffer pool: status \(status)")
    return key
  }()

  @inline(__always)
  private static var current: UnsafeMutablePointer<BufferPool> {
    if let pool = pthread_getspecific(key) { return pool.assumingMemoryBound(to: BufferPool.self) }
    return makeCurrent()
  }

  @inline(never)
  private static func makeCurrent() -> UnsafeMutablePointer<BufferPool> {
    let pool = UnsafeMutablePointer<BufferPool>.allocate(capacity: 1)
    pool.initialize(to: BufferPool())
    pthread_setspecific(key, pool)
    return pool
  }

  /// Uninitialized room for `count` floats, aligned to 64 bytes.
  static func take(_ count: Int) -> UnsafeMutablePointer<Float> {
    let sizeClass = sizeClass(for: count)
    let pool = current
    if let buffer = pool.pointee.heads[sizeClass] {
      pool.pointee.heads[sizeClass] = buffer.load(as: UnsafeMutableRawPointer?.self)
      pool.pointee.bytesHeld &-= bytes(of: sizeClass)
      return buffer.assumingMemoryBound(to: Float.self)
    }
    var raw: UnsafeMutableRawPointer?
    let status = posix_memalign(&raw, 64, bytes(of: sizeClass))
    precondition(status == 0, "out of memory: \(bytes(of: sizeClass)) bytes for a tensor of \(count) elements")
    return raw!.assumingMemoryBound(to: Float.self)
  }

  /// Takes back what `take(count)` gave.
  static func giveBack(_ pointer: UnsafeMutablePointer<Float>, _ count: Int) {
    let sizeClass = sizeClass(for: count)
    let pool = current
    let buffer = UnsafeMutableRawPointer(pointer)
    guard pool.pointee.bytesHeld &+ bytes(of: sizeClass) <= limitInBytes else {
      free(buffer)
      return
    }
    buffer.storeBytes(of: pool.pointee.heads[sizeClass], as: UnsafeMutableRawPointer?.self)
    pool.pointee.heads[sizeClass] = buffer
    pool.pointee.bytesHeld &+= bytes(of: sizeClass)
  }

  private func freeAll() {
    for sizeClass in 0..<Self.classCount {
      var next = heads[sizeClass]
      while let buffer = next {
        next = buffer.load(as: UnsafeMutableRawPointer?.self)
        free(buffer)
      }
    }
    heads.deallocate()
  }
}
