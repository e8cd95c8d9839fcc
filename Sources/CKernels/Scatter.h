// The reverse of cutting patches out of images.
#pragma clang fp contract(off)

/// A few neighboring floats as a vector.
#define PART(width) float __attribute__((ext_vector_type(width), aligned(4)))

/// Does `step(width, offset)` for the widest parts that `count` floats leave room for, then for narrower ones: runs are often
/// short.
#define IN_PARTS(count, step) \
  do { \
    ptrdiff_t offset = 0; \
    for (; offset + 16 <= (count); offset += 16) { step(16, offset); } \
    if (offset + 8 <= (count)) { step(8, offset); offset += 8; } \
    if (offset + 4 <= (count)) { step(4, offset); offset += 4; } \
    if (offset + 2 <= (count)) { step(2, offset); offset += 2; } \
    if (offset < (count)) { step(1, offset); } \
  } while (0)

INLINE void add_run(float *target, const float *summand, ptrdiff_t count) {
  typedef PART(16) Part16;
  typedef PART(8) Part8;
  typedef PART(4) Part4;
  typedef PART(2) Part2;
  typedef PART(1) Part1;
#define ADD(width, offset) *(Part##width *)(target + offset) += *(const Part##width *)(summand + offset)
  IN_PARTS(count, ADD);
#undef ADD
}

/// What `scatter` is given; `images` begins with the one in which the first patch lies.
struct Scattered {
  struct Patches geometry;
  ptrdiff_t first, positions;
  const float *patches;
  ptrdiff_t step;
  float *images;
};

/// Adds patches of which no padding cuts anything off, of a kernel `reach` strides wide: of each stride's floats the part that
/// begins at `offset`. What a patch shares with the next ones stays in registers, so that no sum waits until the one before
/// it has been stored.
#define ADD_OVERLAPPING(part) \
  INLINE void add_overlapping_##part(const int reach, const struct Scattered *all, ptrdiff_t offset) { \
    typedef PART(part) Part; \
    const struct Patches g = all->geometry; \
    const ptrdiff_t run = g.kernel_width * g.channels, unit = g.stride * g.channels, line = g.width * g.channels; \
    const float *patches = all->patches + offset; \
    const float *const end_of_patches = patches + all->positions * all->step; \
    ptrdiff_t column = all->first % g.output_width, row = all->first / g.output_width % g.output_height; \
    float *image = all->images + offset; \
    while (patches < end_of_patches) { \
      const ptrdiff_t rest = (end_of_patches - patches) / all->step; \
      const ptrdiff_t count = g.output_width - column < rest ? g.output_width - column : rest; \
      for (ptrdiff_t y = 0; y < g.kernel_height; y++) { \
        const float *source = patches + y * run; \
        float *target = image + (row * g.stride + y) * line + column * unit; \
        Part sums[3]; \
        UNROLL for (int i = 0; i + 1 < reach; i++) { sums[i] = *(const Part *)(target + i * unit); } \
        for (ptrdiff_t position = 0; position < count; position++, source += all->step, target += unit) { \
          UNROLL for (int i = 0; i < reach; i++) { \
            const Part before = i + 1 < reach ? sums[i] : *(const Part *)(target + i * unit); \
            sums[i] = before + *(const Part *)(source + i * unit); \
            if (i > 0) { sums[i - 1] = sums[i]; } else { *(Part *)target = sums[0]; } \
          } \
        } \
        UNROLL for (int i = 0; i + 1 < reach; i++) { *(Part *)(target + i * unit) = sums[i]; } \
      } \
      patches += count * all->step; \
      column = 0; \
      if (++row < g.output_height) continue; \
      row = 0; \
      image += g.height * line; \
    } \
  }
ADD_OVERLAPPING(16) ADD_OVERLAPPING(8) ADD_OVERLAPPING(4) ADD_OVERLAPPING(2) ADD_OVERLAPPING(1)
#undef ADD_OVERLAPPING

INLINE void add_overlapping(const int reach, const struct Scattered *all) {
#define ADD(width, offset) add_overlapping_##width(reach, all, offset)
  IN_PARTS(all->geometry.stride * all->geometry.channels, ADD);
#undef ADD
}

/// Adds patches run by run, without what lies in the padding.
INLINE void add_runs(const struct Scattered *all) {
  const struct Patches g = all->geometry;
  const ptrdiff_t run = g.kernel_width * g.channels, line = g.width * g.channels;
  ptrdiff_t column = all->first % g.output_width, row = all->first / g.output_width % g.output_height;
  const float *patches = all->patches;
  float *image = all->images;
  for (ptrdiff_t position = 0; position < all->positions; position++) {
    const ptrdiff_t top = row * g.stride - g.padding_top, left = column * g.stride - g.padding_left;
    // A row of a patch is one run of memory in both, because channels are innermost; padding cuts off its ends, and rows.
    const ptrdiff_t start = left < 0 ? -left : 0, first_row = top < 0 ? -top : 0;
    const ptrdiff_t end = left + g.kernel_width > g.width ? g.width - left : g.kernel_width;
    const ptrdiff_t end_row = top + g.kernel_height > g.height ? g.height - top : g.kernel_height;
    const ptrdiff_t count = (end - start) * g.channels;
    float *target = image + (top + first_row) * line + (left + start) * g.channels;
    const float *source = patches + first_row * run + start * g.channels;
    for (ptrdiff_t row_of_patch = first_row; row_of_patch < end_row; row_of_patch++, target += line, source += run) {
      add_run(target, source, count);
    }
    patches += all->step;
    if (++column < g.output_width) continue;
    column = 0;
    if (++row < g.output_height) continue;
    row = 0;
    image += g.height * line;
  }
}

static void scatter(
    const struct Patches *geometry, ptrdiff_t first, ptrdiff_t positions, const float *patches, ptrdiff_t step,
    float *images) {
  const struct Patches g = *geometry;
  const ptrdiff_t image = g.height * g.width * g.channels, positions_of_image = g.output_height * g.output_width;
  const ptrdiff_t first_new = (first + positions_of_image - 1) / positions_of_image;
  const ptrdiff_t end = (first + positions + positions_of_image - 1) / positions_of_image;
  memset(images + first_new * image, 0, (size_t)((end - first_new) * image) * sizeof(float));
  const struct Scattered all = {g, first, positions, patches, step, images + first / positions_of_image * image};
  const bool is_cut = g.padding_top > 0 || g.padding_left > 0 ||
                      (g.output_height - 1) * g.stride + g.kernel_height > g.height ||
                      (g.output_width - 1) * g.stride + g.kernel_width > g.width;
  // From a wider stride on, patches share whole vectors, and a sum is read as it was stored, without waiting.
  const bool is_narrow = g.stride * g.channels <= 16 && g.kernel_width % g.stride == 0;
  const ptrdiff_t reach = is_narrow && !is_cut ? g.kernel_width / g.stride : 1;
  switch (reach) {
    case 2: add_overlapping(2, &all); break;
    case 3: add_overlapping(3, &all); break;
    default: add_runs(&all);
  }
}
