// Loops over the coefficients of linear functions, one function a row, as linear bounds take them back through a network.
#pragma clang fp contract(off)

typedef double Doubles __attribute__((ext_vector_type(16)));
typedef double UnalignedDoubles __attribute__((ext_vector_type(16), aligned(8)));

INLINE Doubles load_doubles(const double *source) { return *(const UnalignedDoubles *)source; }

static void least_sums(
    ptrdiff_t rows, ptrdiff_t columns, const float *coefficients, const double *low, const double *high, double *result) {
  for (ptrdiff_t row = 0; row < rows; row++, coefficients += columns) {
    Doubles lanes = (Doubles)0;
    ptrdiff_t i = 0;
    for (; i + 16 <= columns; i += 16) {
      const Doubles c = __builtin_convertvector(load(coefficients + i), Doubles);
      lanes += c * (c > 0 ? load_doubles(low + i) : load_doubles(high + i));
    }
    double sum = 0;
    for (int lane = 0; lane < 16; lane++) { sum += lanes[lane]; }
    for (; i < columns; i++) {
      const double c = coefficients[i];
      sum += c * (c > 0 ? low[i] : high[i]);
    }
    result[row] = sum;
  }
}

static void scale_by_sign(
    ptrdiff_t rows, ptrdiff_t columns, float *coefficients, const float *positive, const float *negative) {
  for (ptrdiff_t row = 0; row < rows; row++, coefficients += columns) {
    ptrdiff_t i = 0;
    for (; i + 16 <= columns; i += 16) {
      const Vector c = load(coefficients + i);
      store(coefficients + i, c * (c > 0 ? load(positive + i) : load(negative + i)));
    }
    for (; i < columns; i++) { coefficients[i] *= coefficients[i] > 0 ? positive[i] : negative[i]; }
  }
}
