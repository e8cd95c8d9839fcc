// All kernels, in terms of vectors of 16 floats, which the compiler maps to the registers of the instruction set for
// which this file is included. The file that includes it defines
//
//   KERNELS              the name of the table
//   PANEL_VECTORS        the width of a product's tile in vectors, at most 4
//   tile_rows(vectors)   the largest height of a product's tile, at most 8, by its width: what the registers hold
//   ROW_VECTORS          the width of a tile of one row in vectors, at least PANEL_VECTORS and at most 4: each sum waits for
//                        the one before it, so there should be several
//   ROWS_AT_ONCE         how many rows of a matrix are multiplied with one vector at a time, a part of 16: what the
//                        registers hold

#include "CKernels.h"

#include <float.h>
#include <math.h>
#include <string.h>

// All functions that take vectors are inlined: how they would be passed does not matter.
#pragma clang diagnostic ignored "-Wpsabi"

#define INLINE static inline __attribute__((always_inline))
#define UNROLL _Pragma("clang loop unroll(full)")

typedef float Vector __attribute__((ext_vector_type(16)));
typedef int Integers __attribute__((ext_vector_type(16)));
typedef float UnalignedVector __attribute__((ext_vector_type(16), aligned(4)));

INLINE Vector load(const float *source) { return *(const UnalignedVector *)source; }
INLINE void store(float *target, Vector value) { *(UnalignedVector *)target = value; }
INLINE Vector broadcast(float value) { return (Vector)value; }

/// The first `count` of 16 elements; for the others, which are read all the same, another value.
INLINE Vector load_some(const float *source, ptrdiff_t count, float other) {
  const Integers indices = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
  return indices < (Integers)(int)(count < 16 ? count : 16) ? load(source) : broadcast(other);
}

/// Writes the first `count` elements of a vector, or all of it, by parts that overlap, without a loop.
INLINE void store_some(float *target, Vector value, ptrdiff_t count) {
  if (count >= 16) {
    store(target, value);
    return;
  }
  const float *source = (const float *)&value;
#define COPY_OVERLAPPING(part) \
  if (count >= part) { \
    __builtin_memcpy(target, source, part * sizeof(float)); \
    __builtin_memcpy(target + count - part, source + count - part, part * sizeof(float)); \
    return; \
  }
  COPY_OVERLAPPING(8)
  COPY_OVERLAPPING(4)
  COPY_OVERLAPPING(2)
  COPY_OVERLAPPING(1)
#undef COPY_OVERLAPPING
}

#include "Elementwise.h"
#include "Transcendental.h"
#include "Product.h"
#include "Scatter.h"
#include "LinearFunctions.h"

const struct KernelTable KERNELS = {
    .product = product,
    .product_workspace = product_workspace,
    .scatter = scatter,
    .add = add,
    .subtract = subtract,
    .multiply = multiply,
    .scale = scale,
    .sign = sign,
    .clamp = clamp,
    .add_sign = add_sign,
    .rectify = rectify,
    .rectifier_gradient = rectifier_gradient,
    .surround = surround,
    .rectify_intervals = rectify_intervals,
    .intervals_gradient = intervals_gradient,
    .exponential = exponential,
    .hyperbolic_tangent = hyperbolic_tangent,
    .sigmoid = sigmoid,
    .log_sum_exp = log_sum_exp,
    .exponentials = exponentials,
    .accumulate = accumulate,
    .descend = descend,
    .adam = adam,
    .hold = hold,
    .change = change,
    .column_sums = column_sums,
    .least_sums = least_sums,
    .scale_by_sign = scale_by_sign,
};
