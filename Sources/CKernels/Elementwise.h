// Loops over elements. Without contraction, so that every instruction set gives the same bits.
#pragma clang fp contract(off)

/// The offsets of the vectors of `count` elements, what lies behind the last element included.
#define WHOLE_VECTORS(offset, count) (ptrdiff_t offset = 0; offset < (count); offset += 16)

static void add(ptrdiff_t count, const float *left, const float *right, float *result) {
  for WHOLE_VECTORS(i, count) store(result + i, load(left + i) + load(right + i));
}

static void subtract(ptrdiff_t count, const float *left, const float *right, float *result) {
  for WHOLE_VECTORS(i, count) store(result + i, load(left + i) - load(right + i));
}

static void multiply(ptrdiff_t count, const float *left, const float *right, float *result) {
  for WHOLE_VECTORS(i, count) store(result + i, load(left + i) * load(right + i));
}

static void scale(ptrdiff_t count, const float *input, float factor, float *result) {
  for WHOLE_VECTORS(i, count) store(result + i, load(input + i) * broadcast(factor));
}

INLINE Vector scaled_sign(Vector x, float factor) {
  return x > 0 ? broadcast(factor) : (x < 0 ? broadcast(-factor) : broadcast(0));
}

static void sign(ptrdiff_t count, const float *input, float *result) {
  for WHOLE_VECTORS(i, count) store(result + i, scaled_sign(load(input + i), 1));
}

static void add_sign(ptrdiff_t count, const float *left, float factor, const float *right, float *result) {
  for WHOLE_VECTORS(i, count) store(result + i, load(left + i) + scaled_sign(load(right + i), factor));
}

INLINE Vector clamped(Vector x, float low, float high) {
  return x < low ? broadcast(low) : (x > high ? broadcast(high) : x);
}

static void clamp(ptrdiff_t count, const float *input, float low, float high, float *result) {
  for WHOLE_VECTORS(i, count) store(result + i, clamped(load(input + i), low, high));
}

/// Zero for a slope of zero, whatever x is.
INLINE Vector times_slope(Vector x, float slope) { return slope == 0 ? broadcast(0) : x * broadcast(slope); }

INLINE Vector rectified(Vector x, float slope) { return x < 0 ? times_slope(x, slope) : x; }

static void rectify(ptrdiff_t count, const float *input, float slope, float *result) {
  for WHOLE_VECTORS(i, count) store(result + i, rectified(load(input + i), slope));
}

static void rectifier_gradient(
    ptrdiff_t count, const float *gradient, const float *output, float slope, float *result) {
  for WHOLE_VECTORS(i, count) {
    const Vector g = load(gradient + i);
    store(result + i, load(output + i) > 0 ? g : times_slope(g, slope));
  }
}

/// The intervals from `lower` to `upper` as center and radius.
INLINE void store_intervals(Vector lower, Vector upper, float *center, float *radius) {
  store(center, (lower + upper) * broadcast(0.5f));
  store(radius, (upper - lower) * broadcast(0.5f));
}

static void surround(
    ptrdiff_t count, const float *input, float reach, float low, float high, float *center, float *radius) {
  for WHOLE_VECTORS(i, count) {
    const Vector x = load(input + i);
    const Vector lower = clamped(x - broadcast(reach), low, high), upper = clamped(x + broadcast(reach), low, high);
    store_intervals(lower, upper, center + i, radius + i);
  }
}

static void rectify_intervals(
    ptrdiff_t count, const float *center, const float *radius, float slope, float *result_center, float *result_radius) {
  for WHOLE_VECTORS(i, count) {
    const Vector middle = load(center + i), reach = load(radius + i);
    const Vector lower = rectified(middle - reach, slope), upper = rectified(middle + reach, slope);
    store_intervals(lower, upper, result_center + i, result_radius + i);
  }
}

static void intervals_gradient(
    ptrdiff_t count, const float *of_center, const float *of_radius, const float *center, const float *radius,
    float slope, float *result_center, float *result_radius) {
  for WHOLE_VECTORS(i, count) {
    const Vector half_center = load(of_center + i) * broadcast(0.5f);
    const Vector half_radius = load(of_radius + i) * broadcast(0.5f);
    const Vector of_lower = half_center - half_radius;
    const Vector of_upper = half_center + half_radius;
    const Vector lower = load(center + i) - load(radius + i);
    const Vector upper = load(center + i) + load(radius + i);
    const Vector below = lower > 0 ? of_lower : times_slope(of_lower, slope);
    const Vector above = upper > 0 ? of_upper : times_slope(of_upper, slope);
    store(result_center + i, below + above);
    store(result_radius + i, above - below);
  }
}

static void accumulate(ptrdiff_t count, float *target, const float *summand) {
  for (ptrdiff_t i = 0; i < count; i++) { target[i] += summand[i]; }
}

static void descend(
    ptrdiff_t count, float *parameter, const float *gradient, float *velocity, float momentum, float rate) {
  for (ptrdiff_t i = 0; i < count; i++) {
    velocity[i] = momentum * velocity[i] + gradient[i];
    parameter[i] -= rate * velocity[i];
  }
}

/// Kingma & Ba 2015, algorithm 1, on a vector of elements.
INLINE void adam_vector(
    float *parameter, const float *gradient, float *mean, float *square, const struct AdamStep *step) {
  const Vector slope = load(gradient);
  const Vector first = broadcast(step->beta1) * load(mean) + broadcast(1 - step->beta1) * slope;
  const Vector second = broadcast(step->beta2) * load(square) + broadcast(1 - step->beta2) * (slope * slope);
  // Where gradients stay away the moments decay, and denormal numbers are slow: what is too small to count is 0.
  const Vector bounded = __builtin_elementwise_abs(first) < 1e-30f ? broadcast(0) : first;
  store(mean, bounded);
  store(square, second < FLT_MIN ? broadcast(0) : second);
  const Vector root = __builtin_elementwise_sqrt(second);
  store(
      parameter,
      load(parameter) - broadcast(step->rate) * bounded / (root * broadcast(step->scale) + broadcast(step->epsilon)));
}

static void adam(
    ptrdiff_t count, float *parameter, const float *gradient, float *mean, float *square, struct AdamStep step) {
  ptrdiff_t i = 0;
  for (; i + 16 <= count; i += 16) { adam_vector(parameter + i, gradient + i, mean + i, square + i, &step); }
  if (i == count) return;
  // The tail through a vector of its own: what lies behind belongs to others.
  float parts[4][16] = {{0}};
  const size_t bytes = (size_t)(count - i) * sizeof(float);
  memcpy(parts[0], parameter + i, bytes);
  memcpy(parts[1], gradient + i, bytes);
  memcpy(parts[2], mean + i, bytes);
  memcpy(parts[3], square + i, bytes);
  adam_vector(parts[0], parts[1], parts[2], parts[3], &step);
  memcpy(parameter + i, parts[0], bytes);
  memcpy(mean + i, parts[2], bytes);
  memcpy(square + i, parts[3], bytes);
}

INLINE Vector between(Vector x, Vector low, Vector high) { return x < low ? low : (x > high ? high : x); }

static void hold(
    ptrdiff_t count, const float *proposed, const float *center, const float *mask, float radius, float low, float high,
    float *result) {
  for WHOLE_VECTORS(i, count) {
    const Vector from = load(center + i);
    const Vector to = load(proposed + i);
    const Vector reach = mask ? load(mask + i) * broadcast(radius) : broadcast(radius);
    const Vector near = between(to == to ? to : from, from - reach, from + reach);
    const Vector least = from < low ? from : broadcast(low);
    const Vector most = from > high ? from : broadcast(high);
    store_some(result + i, between(near, least, most), count - i);
  }
}

static struct Change change(
    ptrdiff_t count, const float *moved, const float *center, const float *mask, float low, float high) {
  Vector largest = broadcast(0);
  Integers forbidden = (Integers)0;
  for WHOLE_VECTORS(i, count) {
    const Vector from = load_some(center + i, count - i, 0);
    const Vector to = load_some(moved + i, count - i, 0);
    const Vector distance = __builtin_elementwise_abs(to - from);
    largest = distance > largest ? distance : largest;
    Integers outside = ~((to >= low) & (to <= high));
    if (mask) outside |= load(mask + i) == 0;
    forbidden |= (to != from) & outside;
  }
  return (struct Change){__builtin_reduce_max(largest), __builtin_reduce_or(forbidden) != 0};
}

static void column_sums(ptrdiff_t rows, ptrdiff_t columns, const float *elements, float *result) {
  ptrdiff_t column = 0;
  // A group of columns stays in registers while the rows run.
  for (; column + 16 <= columns; column += 16) {
    Vector sums = broadcast(0);
    for (ptrdiff_t row = 0; row < rows; row++) { sums += load(elements + row * columns + column); }
    store(result + column, sums);
  }
  for (; column < columns; column++) {
    float sum = 0;
    for (ptrdiff_t row = 0; row < rows; row++) { sum += elements[row * columns + column]; }
    result[column] = sum;
  }
}
