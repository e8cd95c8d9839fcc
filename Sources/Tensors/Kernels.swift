import CKernels

/// The door to the loops that are compiled for the processor's own vectors (see `Sources/CKernels`).
///
/// One choice for the whole program, made at the first call: the newest instruction set that the processor has. The
/// bits of a result depend on it where sums of products are concerned, never on anything else.
package enum Kernels {
  static let table: KernelTable = kernels_for_this_processor().pointee
}
