// Transcendental functions on vectors, without branches. Relative error below 5·10⁻⁷ (tested against Double); NaN gives
// NaN. Without contraction, so that every instruction set gives the same bits.
#pragma clang fp contract(off)

/// eˣ: x = n·ln 2 + r, with the Taylor series of eʳ for |r| ≤ ln(2)/2, times 2ⁿ through the exponent's bits.
INLINE Vector exp_of(Vector x) {
  // Adding 1.5·2²³ rounds to the nearest integer and leaves it in the low bits.
  const Vector rounding = broadcast(12582912);
  // The comparisons are written so that NaN fails both and passes through.
  const Vector bounded = x > 89 ? broadcast(89) : (x < -104 ? broadcast(-104) : x);
  const Vector shifted = bounded * 1.44269504f + rounding;
  const Vector n = shifted - rounding;
  // ln 2 in two parts, the first with few bits, keeps r exact.
  const Vector r = (bounded - n * 0.693359375f) + n * 2.1219444e-4f;
  Vector series = broadcast(1.0f / 5040);
  series = series * r + 1.0f / 720;
  series = series * r + 1.0f / 120;
  series = series * r + 1.0f / 24;
  series = series * r + 1.0f / 6;
  series = series * r + 1.0f / 2;
  series = series * r + 1;
  series = series * r + 1;
  // 2ⁿ in two factors, because the largest and the smallest powers have no exponent of their own.
  const Integers exponent = (Integers)shifted - (Integers)rounding;
  const Integers half = exponent >> 1;
  return series * (Vector)((half + 127) << 23) * (Vector)((exponent - half + 127) << 23);
}

/// tanh x: its Taylor series below 0.3 (where the other form cancels), 1 − 2/(e²ˣ + 1) above.
INLINE Vector tanh_of(Vector x) {
  const Vector square = x * x;
  Vector series = broadcast(-1382.0f / 155925);
  series = series * square + 62.0f / 2835;
  series = series * square - 17.0f / 315;
  series = series * square + 2.0f / 15;
  series = series * square - 1.0f / 3;
  const Vector small = x + x * square * series;
  const Vector large = 1 - 2 / (exp_of(2 * x) + 1);
  return square < 0.09f ? small : large;
}

static void exponential(ptrdiff_t count, const float *input, float *result) {
  for WHOLE_VECTORS(i, count) store(result + i, exp_of(load(input + i)));
}

static void hyperbolic_tangent(ptrdiff_t count, const float *input, float *result) {
  for WHOLE_VECTORS(i, count) store(result + i, tanh_of(load(input + i)));
}

static void sigmoid(ptrdiff_t count, const float *input, float *result) {
  for WHOLE_VECTORS(i, count) store(result + i, 1 / (1 + exp_of(-load(input + i))));
}

/// The larger of each pair; a NaN stays.
INLINE Vector larger(Vector x, Vector y) { return x > y || x != x ? x : y; }

/// Combines the elements of a vector, half with half.
#define REDUCE(x, combine) \
  { \
    x = combine(x, __builtin_shufflevector(x, x, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7)); \
    x = combine(x, __builtin_shufflevector(x, x, 4, 5, 6, 7, 0, 1, 2, 3, 12, 13, 14, 15, 8, 9, 10, 11)); \
    x = combine(x, __builtin_shufflevector(x, x, 2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13)); \
    x = combine(x, __builtin_shufflevector(x, x, 1, 0, 3, 2, 5, 4, 7, 6, 9, 8, 11, 10, 13, 12, 15, 14)); \
  }

INLINE Vector sum_of(Vector x, Vector y) { return x + y; }

static void log_sum_exp(ptrdiff_t rows, ptrdiff_t columns, const float *elements, float *result) {
  for (ptrdiff_t row = 0; row < rows; row++, elements += columns) {
    Vector largest = broadcast(-__builtin_inff());
    for WHOLE_VECTORS(i, columns) largest = larger(load_some(elements + i, columns - i, -__builtin_inff()), largest);
    REDUCE(largest, larger)
    result[row] = largest[0];
    if (!__builtin_isfinite(largest[0])) continue;
    Vector sum = broadcast(0);
    for WHOLE_VECTORS(i, columns) {
      sum += exp_of(load_some(elements + i, columns - i, -__builtin_inff()) - largest);
    }
    REDUCE(sum, sum_of)
    result[row] += logf(sum[0]);
  }
}

static void exponentials(
    ptrdiff_t rows, ptrdiff_t columns, const float *elements, const float *normalizers, const float *factors,
    float *result) {
  for (ptrdiff_t row = 0; row < rows; row++, elements += columns, result += columns) {
    for WHOLE_VECTORS(i, columns) {
      const Vector x = exp_of(load(elements + i) - broadcast(normalizers[row])) * broadcast(factors[row]);
      store_some(result + i, x, columns - i);
    }
  }
}
