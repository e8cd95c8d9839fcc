// The reverse of cutting patches out of images.
#pragma clang fp contract(off)

INLINE void add_run(float *target, const float *summand, ptrdiff_t count) {
  ptrdiff_t i = 0;
  for (; i + 16 <= count; i += 16) { store(target + i, load(target + i) + load(summand + i)); }
  // Runs are often short: what is left in a few steps of half the width each.
#define ADD(width) \
  if (i + width <= count) { \
    typedef float Part __attribute__((ext_vector_type(width), aligned(4))); \
    *(Part *)(target + i) += *(const Part *)(summand + i); \
    i += width; \
  }
  ADD(8) ADD(4) ADD(2)
#undef ADD
  if (i < count) { target[i] += summand[i]; }
}

static void scatter(
    const struct Patches *geometry, ptrdiff_t first, ptrdiff_t positions, const float *patches, ptrdiff_t step,
    float *images) {
  const struct Patches g = *geometry;
  const ptrdiff_t run = g.kernel_width * g.channels;
  ptrdiff_t column = first % g.output_width, row = first / g.output_width % g.output_height;
  const ptrdiff_t line = g.width * g.channels, image = g.height * line;
  images += first / (g.output_width * g.output_height) * image;
  for (ptrdiff_t position = 0; position < positions; position++) {
    if (row == 0 && column == 0) { memset(images, 0, (size_t)image * sizeof(float)); }
    const ptrdiff_t top = row * g.stride - g.padding_top, left = column * g.stride - g.padding_left;
    // A row of a patch is one run of memory in both, because channels are innermost; padding cuts off its ends, and rows.
    const ptrdiff_t start = left < 0 ? -left : 0, first_row = top < 0 ? -top : 0;
    const ptrdiff_t end = left + g.kernel_width > g.width ? g.width - left : g.kernel_width;
    const ptrdiff_t end_row = top + g.kernel_height > g.height ? g.height - top : g.kernel_height;
    const ptrdiff_t count = (end - start) * g.channels;
    float *target = images + (top + first_row) * line + (left + start) * g.channels;
    const float *source = patches + first_row * run + start * g.channels;
    for (ptrdiff_t row_of_patch = first_row; row_of_patch < end_row; row_of_patch++, target += line, source += run) {
      add_run(target, source, count);
    }
    patches += step;
    if (++column < g.output_width) continue;
    column = 0;
    if (++row < g.output_height) continue;
    row = 0;
    images += image;
  }
}
