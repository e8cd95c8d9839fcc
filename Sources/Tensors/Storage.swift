/// The floats of a tensor: one pooled buffer, written by whoever makes it and read-only from then on.
///
/// `@unchecked Sendable` rests on that rule. A published buffer changes only where `Tensor.hasOwnStorage` has made sure that
/// nobody else holds it.
final class Storage: @unchecked Sendable {
  /// Room for `count` floats rounded up to a multiple of 16, aligned to 64 bytes.
  let pointer: UnsafeMutablePointer<Float>
  let count: Int

  /// Uninitialized floats.
  init(_ count: Int) {
    self.count = count
    pointer = BufferPool.take(count)
  }

  deinit { BufferPool.giveBack(pointer, count) }
}

/// `withExtendedLifetime` for several: a tuple of them would retain and release each, which in a small network costs more
/// than the arithmetic.
@inline(__always)
func withExtendedLifetimes<Result>(
  _ first: Storage, _ second: Storage, _ third: Storage? = nil, _ body: () -> Result
) -> Result {
  withExtendedLifetime(first) { withExtendedLifetime(second) { withExtendedLifetime(third, body) } }
}
