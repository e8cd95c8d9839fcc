#ifndef CKERNELS_H
#define CKERNELS_H

#include <stdbool.h>
#include <stddef.h>

#pragma clang assume_nonnull begin

// The loops in which the time goes, compiled for several instruction sets. Swift compiles for the oldest processor of an
// architecture; these functions use the vectors that the processor at hand has.
//
// Buffers of floats hold a multiple of 16, and 16 more can be read behind them. "Whole vectors" means that a function also
// computes what lies between `count` and the next multiple of 16, which nobody reads.

/// A counter of three digits, the last one the fastest: where an index lies in memory.
///
/// The index (i·extent[1] + j)·extent[2] + k stands for the offset i·stride[0] + j·stride[1] + k·stride[2].
struct Nest {
  ptrdiff_t extent[3];
  ptrdiff_t stride[3];
};

/// result = left · right, where the left matrix need not be laid out: its element (i, s) lies at
/// left[rows(i) + sums(s)]. A plain matrix and the patches of images, whichever way around, are both of this form.
struct Product {
  const float *left;
  struct Nest rows;
  struct Nest sums;
  /// [sums, columns], or [columns, sums] when `transposes_right`.
  const float *right;
  ptrdiff_t columns;
  bool transposes_right;
  /// Added to each row; whole vectors.
  const float *_Nullable bias;
  /// Sums below are raised to it: 0 for a rectifier, −∞ to leave all as they are.
  float floor;
  /// [rows, columns], `result_step` floats from row to row. Where that leaves room, rows are written in whole vectors.
  float *result;
  ptrdiff_t result_step;
  /// The product is added to what the result holds, with the bits of one that is made elsewhere first. Only with at most
  /// 1024 sums and a right matrix that is not transposed, without bias and floor.
  bool adds;
  /// As many floats as there are columns: only where one is positive must the result be right, elsewhere it may be 0. Only
  /// for a plain row times a right matrix that is transposed, without bias and floor.
  const float *_Nullable wanted;
  /// Room for `product_workspace` floats.
  float *_Nullable workspace;
  /// The workspace is still as a product with the same right matrix left it, which may save some work.
  bool reuses_workspace;
};

/// Where the patches of a convolution lie in images [batch, height, width, channels].
struct Patches {
  ptrdiff_t height, width, channels;
  ptrdiff_t kernel_height, kernel_width, stride;
  ptrdiff_t output_height, output_width;
  ptrdiff_t padding_top, padding_left;
};

/// A step of Adam: `rate` and `scale` have the corrections of the step in them.
struct AdamStep {
  float beta1, beta2, epsilon, rate, scale;
};

/// How far elements were moved.
struct Change {
  /// The largest distance.
  float largest;
  /// Whether an element was moved that must not be, or to where it must not be.
  bool is_forbidden;
};

/// All kernels, compiled for one instruction set.
struct KernelTable {
  /// A matrix product. Each sum is taken in an order that depends on the extents alone, with fused multiplications
  /// where the instruction set has them, but for what a single row's sums leave over of sixteen. A single row's zeros
  /// may be left out, whatever they would be multiplied with.
  void (*product)(const struct Product *product);
  /// How many floats of workspace a product needs.
  ptrdiff_t (*product_workspace)(const struct Product *product);
  /// Adds patches [kernel height, kernel width, channels], `step` floats apart, beginning with that at position `first`,
  /// to the images that they were cut from; what lies in the padding is dropped. An image starts at zero with its first
  /// patch.
  void (*scatter)(
      const struct Patches *geometry, ptrdiff_t first, ptrdiff_t positions, const float *patches, ptrdiff_t step,
      float *images);

  // Element by element, over whole vectors; every instruction set gives the same bits. `result` may be an operand.
  void (*add)(ptrdiff_t count, const float *left, const float *right, float *result);
  void (*subtract)(ptrdiff_t count, const float *left, const float *right, float *result);
  void (*multiply)(ptrdiff_t count, const float *left, const float *right, float *result);
  void (*scale)(ptrdiff_t count, const float *input, float factor, float *result);
  void (*sign)(ptrdiff_t count, const float *input, float *result);
  void (*clamp)(ptrdiff_t count, const float *input, float low, float high, float *result);
  /// result = left + factor · sign(right).
  void (*add_sign)(ptrdiff_t count, const float *left, float factor, const float *right, float *result);
  /// result = slope · input where that is negative, else the input.
  void (*rectify)(ptrdiff_t count, const float *input, float slope, float *result);
  /// result = gradient where output > 0, else slope · gradient.
  void (*rectifier_gradient)(
      ptrdiff_t count, const float *gradient, const float *output, float slope, float *result);
  /// The intervals from clamp(input − reach) to clamp(input + reach), as center and radius.
  void (*surround)(
      ptrdiff_t count, const float *input, float reach, float low, float high, float *center, float *radius);
  /// The intervals center ± radius behind `rectify`, as center and radius again.
  void (*rectify_intervals)(
      ptrdiff_t count, const float *center, const float *radius, float slope, float *result_center,
      float *result_radius);
  /// Of gradients with respect to those results the gradients with respect to `center` and `radius`.
  void (*intervals_gradient)(
      ptrdiff_t count, const float *of_center, const float *of_radius, const float *center, const float *radius,
      float slope, float *result_center, float *result_radius);

  void (*exponential)(ptrdiff_t count, const float *input, float *result);
  void (*hyperbolic_tangent)(ptrdiff_t count, const float *input, float *result);
  void (*sigmoid)(ptrdiff_t count, const float *input, float *result);

  /// log Σ eˣ of each row; safe for any finite input.
  void (*log_sum_exp)(ptrdiff_t rows, ptrdiff_t columns, const float *elements, float *result);
  /// factor · e^(x − normalizer), with one factor and one normalizer a row.
  void (*exponentials)(
      ptrdiff_t rows, ptrdiff_t columns, const float *elements, const float *normalizers, const float *factors,
      float *result);

  // Element by element over exactly `count` elements, in place; every instruction set gives the same bits.
  void (*accumulate)(ptrdiff_t count, float *target, const float *summand);
  void (*descend)(ptrdiff_t count, float *parameter, const float *gradient, float *velocity, float momentum, float rate);
  void (*adam)(
      ptrdiff_t count, float *parameter, const float *gradient, float *mean, float *square, struct AdamStep step);

  // Over exactly `count` elements. A mask has 1 for elements that may be moved and 0 for the others; null for all.

  /// result = proposed, held to center ± radius and to [low, high], where an element of the center that lies outside is
  /// moved no further out; the center itself where no number is proposed.
  void (*hold)(
      ptrdiff_t count, const float *proposed, const float *center, const float *_Nullable mask, float radius, float low,
      float high, float *result);
  /// How far elements were moved from a center, and whether beyond a mask or out of [low, high].
  struct Change (*change)(
      ptrdiff_t count, const float *moved, const float *center, const float *_Nullable mask, float low, float high);

  /// The sums of the columns, row after row.
  void (*column_sums)(ptrdiff_t rows, ptrdiff_t columns, const float *elements, float *result);

  // Linear functions, a row of coefficients each, of what lies between bounds, one pair a column.

  /// The least value of each function: Σ c·low over its positive coefficients and Σ c·high over the others.
  void (*least_sums)(
      ptrdiff_t rows, ptrdiff_t columns, const float *coefficients, const double *low, const double *high,
      double *result);
  /// Scales positive coefficients by one factor and the others by another.
  void (*scale_by_sign)(
      ptrdiff_t rows, ptrdiff_t columns, float *coefficients, const float *positive, const float *negative);
};

/// The instruction sets for which the kernels are compiled, from the oldest to the newest.
enum InstructionSet {
  /// What every processor of the architecture has.
  instruction_set_baseline,
  /// AVX2 with fused multiplications: 256 bits.
  instruction_set_avx2,
  /// AVX-512: 512 bits.
  instruction_set_avx512,
};

/// The kernels for an instruction set, or null when this processor does not have it.
const struct KernelTable *_Nullable kernels_for(enum InstructionSet set);

/// The kernels for the newest instruction set that this processor has.
const struct KernelTable *kernels_for_this_processor(void);

/// A pointer that each thread has for itself, null at first: where its buffers are (see `BufferPool` in Tensors). Here
/// because Swift has no variable of a thread, and each operation on tensors looks it up several times.
extern _Thread_local void *_Nullable buffers_of_thread;

static inline void *_Nullable get_buffers_of_thread(void) { return buffers_of_thread; }
static inline void set_buffers_of_thread(void *_Nullable buffers) { buffers_of_thread = buffers; }

#pragma clang assume_nonnull end

#endif
