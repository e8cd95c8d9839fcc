// Matrix products (Goto & van de Geijn 2008, "Anatomy of High-Performance Matrix Multiplication"): a tile of the result
// stays in registers while the sums run, each step multiplying a few broadcast elements of the left matrix with some
// vectors of a row of the right one. The right matrix is packed into panels of a few vectors' width; the left one is
// read where it lies, which makes a convolution a product without a matrix of patches.

// The sums of a product may be fused multiplications; nothing else here is contracted.
#pragma clang fp contract(fast)

/// Rows of a tile, by its width in vectors: as many as there are registers for.
#define MOST_ROWS 8

/// The sums are taken in blocks of about this many, and as many panels are packed at a time as fit into `packed_floats`
/// (one at least): they stay in the second-level cache.
enum { sums_per_block = 1024, packed_floats = 64 << 10 };

/// What a tile's sums run over.
struct Block {
  struct Nest sums;
  const float *panel;
  ptrdiff_t panel_step;
};

/// A tile of `rows`×`vectors`·16: initial + Σ left · panel, raised to `floor`.
/// - `initial`: what the sums start from, `initial_step` floats from row to row.
/// - `adds`: whether that is added to the result.
INLINE void sum_tile(
    const int rows, const int vectors, const float *const *left, const struct Block *block, const float *initial,
    ptrdiff_t initial_step, float floor, bool adds, float *result, ptrdiff_t result_step) {
  Vector sums[rows][vectors];
  UNROLL for (int row = 0; row < rows; row++) {
    UNROLL for (int vector = 0; vector < vectors; vector++) {
      sums[row][vector] = load(initial + row * initial_step + 16 * vector);
    }
  }
  const float *panel = block->panel;
  const struct Nest nest = block->sums;
  for (ptrdiff_t i = 0; i < nest.extent[0]; i++) {
    for (ptrdiff_t j = 0; j < nest.extent[1]; j++) {
      const float *sources[rows];
      UNROLL for (int row = 0; row < rows; row++) {
        sources[row] = left[row] + i * nest.stride[0] + j * nest.stride[1];
      }
      for (ptrdiff_t k = 0, offset = 0; k < nest.extent[2]; k++, offset += nest.stride[2]) {
        Vector weights[vectors];
        UNROLL for (int vector = 0; vector < vectors; vector++) { weights[vector] = load(panel + 16 * vector); }
        UNROLL for (int row = 0; row < rows; row++) {
          const Vector element = broadcast(sources[row][offset]);
          UNROLL for (int vector = 0; vector < vectors; vector++) {
            sums[row][vector] += element * weights[vector];
          }
        }
        panel += block->panel_step;
      }
    }
  }
  if (adds) {
    UNROLL for (int row = 0; row < rows; row++) {
      UNROLL for (int vector = 0; vector < vectors; vector++) {
        float *target = result + row * result_step + 16 * vector;
        store(target, load(target) + sums[row][vector]);
      }
    }
    return;
  }
  UNROLL for (int row = 0; row < rows; row++) {
    UNROLL for (int vector = 0; vector < vectors; vector++) {
      // A NaN is not below the floor and stays.
      const Vector sum = sums[row][vector];
      store(result + row * result_step + 16 * vector, sum < broadcast(floor) ? broadcast(floor) : sum);
    }
  }
}

/// `sum_tile` for a number of rows that is known when it runs.
INLINE void sum_rows(
    int rows, const int vectors, const float *const *left, const struct Block *block, const float *initial,
    ptrdiff_t initial_step, float floor, bool adds, float *result, ptrdiff_t result_step) {
#define CASE(number) \
  case number: \
    if (number <= tile_rows(vectors)) \
      sum_tile(number, vectors, left, block, initial, initial_step, floor, adds, result, result_step); \
    break;
  switch (rows) { CASE(1) CASE(2) CASE(3) CASE(4) CASE(5) CASE(6) CASE(7) CASE(8) }
#undef CASE
}

static ptrdiff_t count_of(const struct Nest *nest) { return nest->extent[0] * nest->extent[1] * nest->extent[2]; }

INLINE void copy(float *target, const float *source, ptrdiff_t count, bool adds) {
  for (ptrdiff_t i = 0; i < count; i += 16) {
    const Vector own = load(source + i);
    store_some(target + i, adds ? load_some(target + i, count - i, 0) + own : own, count - i);
  }
}

/// A tile of which the last vector may be used in part: one beyond the last column would touch the next row.
INLINE void sum_columns(
    int rows, const int vectors, ptrdiff_t columns, const float *const *left, const struct Block *block,
    const float *initial, ptrdiff_t initial_step, float floor, bool adds, float *result, ptrdiff_t result_step) {
  if (columns == 16 * vectors) {
    sum_rows(rows, vectors, left, block, initial, initial_step, floor, adds, result, result_step);
    return;
  }
  float part[MOST_ROWS * 16 * ROW_VECTORS] __attribute__((aligned(64)));
  sum_rows(rows, vectors, left, block, initial, initial_step, floor, false, part, 16 * vectors);
  for (ptrdiff_t row = 0; row < rows; row++) {
    copy(result + row * result_step, part + row * 16 * vectors, columns, adds);
  }
}

/// How many of a patch's rows are to be fetched ahead, while the patches above them are at work, because a whole image
/// would not stay in the first-level cache: those that the next row of patches has below the present one.
static ptrdiff_t rows_to_prefetch(const struct Nest *rows, const struct Nest *sums) {
  enum { first_level_floats = 8 << 10 };
  const bool are_patches = sums->extent[1] > 1 && sums->stride[1] > 0 && rows->extent[1] > 1;
  if (!are_patches || rows->extent[1] * rows->stride[1] <= first_level_floats) return 0;
  const ptrdiff_t new_rows = rows->stride[1] / sums->stride[1];
  return new_rows < sums->extent[1] ? new_rows : sums->extent[1];
}

/// Some whole panels of the right matrix, and perhaps a narrower last one, times a block of the left one.
/// - `panel_step`: floats from a row of a panel to the next; 0 stands for the panel's width.
INLINE void sum_panels(
    const struct Product *product, const float *left, struct Block *block, ptrdiff_t first_column,
    ptrdiff_t columns, ptrdiff_t panel_step, bool is_first, bool is_last) {
  static const float zeros[16 * ROW_VECTORS];
  const float floor = is_last ? product->floor : -__builtin_inff();
  const ptrdiff_t sums = count_of(&block->sums), initial_step = is_first ? 0 : product->result_step;
  const float *right = block->panel;
  const ptrdiff_t all_rows = count_of(&product->rows);
  // Only one row alone is read with no panel to limit the width.
  const ptrdiff_t width = 16 * (all_rows == 1 && panel_step > 0 ? ROW_VECTORS : PANEL_VECTORS);
  const ptrdiff_t most = tile_rows(((columns < width ? columns : width) + 15) / 16);
  const struct Nest nest = product->rows;
  const ptrdiff_t new_rows = rows_to_prefetch(&nest, &block->sums), last_row = block->sums.extent[1];
  ptrdiff_t digits[3] = {0, 0, 0}, start = 0, rest = all_rows;
  // Tiles of about one height: a low one at the end would wait for its few sums.
  for (ptrdiff_t tiles = (rest + most - 1) / most; tiles > 0; tiles--) {
    const ptrdiff_t height = (rest + tiles - 1) / tiles;
    const float *sources[MOST_ROWS];
    for (ptrdiff_t row = 0; row < height; row++) {
      sources[row] = left + digits[0] * nest.stride[0] + digits[1] * nest.stride[1] + digits[2] * nest.stride[2];
      for (ptrdiff_t j = last_row - new_rows; j < last_row; j++) {
        const float *next = sources[row] + nest.stride[1] + j * block->sums.stride[1];
        for (ptrdiff_t k = 0; k < nest.stride[2]; k += 16) { __builtin_prefetch(next + k); }
      }
      if (++digits[2] < nest.extent[2]) continue;
      digits[2] = 0;
      if (++digits[1] < nest.extent[1]) continue;
      digits[1] = 0;
      digits[0]++;
    }
    block->panel = right;
    for (ptrdiff_t column = 0; column < columns; column += width) {
      const ptrdiff_t used = columns - column < width ? columns - column : width;
      const int vectors = (int)((used + 15) / 16);
      const bool has_room = first_column + column + 16 * vectors <= product->result_step;
      block->panel_step = panel_step > 0 ? panel_step : 16 * vectors;
      float *target = product->result + start * product->result_step + first_column + column;
      const float *initial =
          !is_first ? target : product->bias ? product->bias + first_column + column : zeros;
#define CASE(number) \
  case number: \
    if (number <= ROW_VECTORS) { \
      sum_columns( \
          (int)height, number, has_room ? 16 * number : used, sources, block, initial, initial_step, floor, \
          product->adds, target, product->result_step); \
    } \
    break;
      switch (vectors) { CASE(1) CASE(2) CASE(3) CASE(4) }
#undef CASE
      block->panel += panel_step > 0 ? 16 * vectors : sums * 16 * vectors;
    }
    start += height;
    rest -= height;
  }
}

/// The next four elements of sixteen rows as four vectors, one of each row's first elements, one of the second, and so on.
INLINE void load_columns(const float *const *rows, ptrdiff_t offset, Vector *columns) {
  typedef float Part __attribute__((ext_vector_type(4), aligned(4)));
#define PART(row) (*(const Part *)(rows[row] + offset))
#define JOIN(left, right, ...) __builtin_shufflevector(left, right, __VA_ARGS__)
  Vector joined[4];
  UNROLL for (int row = 0; row < 4; row++) {
    joined[row] = JOIN(
        JOIN(PART(row), PART(row + 4), 0, 1, 2, 3, 4, 5, 6, 7),
        JOIN(PART(row + 8), PART(row + 12), 0, 1, 2, 3, 4, 5, 6, 7),
        0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  }
  // Each group of four lanes is a square of 4×4 to be transposed, without an element that leaves its group.
#define LOW(left, right) JOIN(left, right, 0, 16, 1, 17, 4, 20, 5, 21, 8, 24, 9, 25, 12, 28, 13, 29)
#define HIGH(left, right) JOIN(left, right, 2, 18, 3, 19, 6, 22, 7, 23, 10, 26, 11, 27, 14, 30, 15, 31)
  const Vector low[2] = {LOW(joined[0], joined[2]), LOW(joined[1], joined[3])};
  const Vector high[2] = {HIGH(joined[0], joined[2]), HIGH(joined[1], joined[3])};
  columns[0] = LOW(low[0], low[1]);
  columns[1] = HIGH(low[0], low[1]);
  columns[2] = LOW(high[0], high[1]);
  columns[3] = HIGH(high[0], high[1]);
#undef LOW
#undef HIGH
#undef JOIN
#undef PART
}

/// Lays out `columns` columns of the right matrix at some sums as rows of `width` floats; nobody looks at what stands
/// behind the last column.
static void pack_panel(
    const struct Product *product, ptrdiff_t all_sums, ptrdiff_t first, ptrdiff_t sums, ptrdiff_t column,
    ptrdiff_t columns, ptrdiff_t width, float *panel) {
  if (!product->transposes_right) {
    const float *source = product->right + first * product->columns + column;
    if (columns == 16 * PANEL_VECTORS) {
      for (ptrdiff_t sum = 0; sum < sums; sum++, source += product->columns, panel += 16 * PANEL_VECTORS) {
        // Not a loop, for which the compiler would call memcpy.
        UNROLL for (int vector = 0; vector < PANEL_VECTORS; vector++) {
          store(panel + 16 * vector, load(source + 16 * vector));
        }
      }
      return;
    }
    for (ptrdiff_t sum = 0; sum < sums; sum++, source += product->columns, panel += width) {
      for (ptrdiff_t i = 0; i < width; i += 16) { store(panel + i, load_some(source + i, columns - i, 0)); }
    }
    return;
  }
  const float *source = product->right + column * all_sums + first;
  for (ptrdiff_t start = 0; start < width; start += 16) {
    const float *rows[16];
    for (ptrdiff_t row = 0; row < 16; row++) {
      // Behind the last row, the last one again.
      rows[row] = source + (start + row < columns ? start + row : columns - 1) * all_sums;
    }
    for (ptrdiff_t sum = 0; sum < sums; sum += 4) {
      Vector parts[4];
      load_columns(rows, sum, parts);
      float *target = panel + sum * width + start;
      UNROLL for (int i = 0; i < 4; i++) {
        if (sum + i < sums) { store(target + i * width, parts[i]); }
      }
    }
  }
}

/// How a product is cut.
struct Cut {
  /// The outermost digit of the sums that has more than one value, and how many values a block has of it.
  int digit;
  ptrdiff_t values;
  /// The sums of a value of that digit.
  ptrdiff_t inner;
  /// The columns that are packed at a time.
  ptrdiff_t columns;
};

static struct Cut cut(const struct Product *product) {
  struct Cut cut = {.digit = 0};
  const struct Nest *sums = &product->sums;
  while (cut.digit < 2 && sums->extent[cut.digit] <= 1) { cut.digit++; }
  const ptrdiff_t extent = sums->extent[cut.digit], all = count_of(sums);
  cut.inner = extent > 0 ? all / extent : 0;
  const ptrdiff_t blocks = (all + sums_per_block - 1) / sums_per_block;
  cut.values = blocks >= extent ? 1 : (extent + blocks - 1) / blocks;
  const ptrdiff_t width = 16 * PANEL_VECTORS, panel = cut.values * cut.inner * width;
  cut.columns = panel > 0 && panel < packed_floats ? packed_floats / panel * width : width;
  return cut;
}

/// Whether the right matrix is read where it lies: where it is a panel, or where so few rows would not repay packing.
static bool is_read_in_place(const struct Product *product) {
  if (product->transposes_right) return false;
  return product->columns <= 16 * PANEL_VECTORS || count_of(&product->rows) <= tile_rows(PANEL_VECTORS);
}

/// The sums of sixteen vectors: each round adds the halves of what is left of each.
INLINE Vector sums_of(Vector *vectors) {
#define FOLD(count, ...) \
  UNROLL for (int pair = 0; pair < count; pair++) { \
    const Vector first = vectors[2 * pair], second = vectors[2 * pair + 1]; \
    vectors[pair] = __builtin_shufflevector(first, second, LOWER(__VA_ARGS__)) + \
                    __builtin_shufflevector(first, second, UPPER(__VA_ARGS__)); \
  }
#define LOWER(distance, a, b, c, d, e, f, g, h) \
  a, b, c, d, e, f, g, h, a + 16, b + 16, c + 16, d + 16, e + 16, f + 16, g + 16, h + 16
#define UPPER(distance, a, b, c, d, e, f, g, h) \
  LOWER(, a + distance, b + distance, c + distance, d + distance, e + distance, f + distance, g + distance, h + distance)
  FOLD(8, 8, 0, 1, 2, 3, 4, 5, 6, 7)
  FOLD(4, 4, 0, 1, 2, 3, 8, 9, 10, 11)
  FOLD(2, 2, 0, 1, 4, 5, 8, 9, 12, 13)
  FOLD(1, 1, 0, 2, 4, 6, 8, 10, 12, 14)
#undef FOLD
#undef LOWER
#undef UPPER
  return vectors[0];
}

/// The sums of one row times sixteen rows of the right matrix, each in sixteen partial sums.
INLINE Vector sum_sixteen(const float *left_row, const float *const *right, ptrdiff_t sums) {
  Vector parts[16];
  UNROLL for (int first = 0; first < 16; first += ROWS_AT_ONCE) {
    Vector some[ROWS_AT_ONCE] = {0};
    ptrdiff_t sum = 0;
    for (; sum + 16 <= sums; sum += 16) {
      const Vector left = load(left_row + sum);
      UNROLL for (int row = 0; row < ROWS_AT_ONCE; row++) { some[row] += left * load(right[first + row] + sum); }
    }
    if (sum < sums) {
      const Vector left = load_some(left_row + sum, sums - sum, 0);
      UNROLL for (int row = 0; row < ROWS_AT_ONCE; row++) {
        some[row] += left * load_some(right[first + row] + sum, sums - sum, 0);
      }
    }
    UNROLL for (int row = 0; row < ROWS_AT_ONCE; row++) { parts[first + row] = some[row]; }
  }
  return sums_of(parts);
}

/// One row times the rows of the right matrix, which need no packing. From the last rows to the first: a forward pass has
/// left the last ones in the cache, and the next one starts with the first.
static void sum_row(const struct Product *product) {
  const ptrdiff_t sums = product->sums.extent[2];
  for (ptrdiff_t column = (product->columns - 1) / 16 * 16; column >= 0; column -= 16) {
    const ptrdiff_t used = product->columns - column < 16 ? product->columns - column : 16;
    const float *right[16];
    // Behind the last row, the last one again.
    for (ptrdiff_t row = 0; row < 16; row++) {
      right[row] = product->right + (column + (row < used ? row : used - 1)) * sums;
    }
    Vector total = sum_sixteen(product->left, right, sums);
    if (product->bias) { total += load(product->bias + column); }
    total = total < broadcast(product->floor) ? broadcast(product->floor) : total;
    store_some(product->result + column, total, used);
  }
}

/// One bit for each of sixteen lanes.
INLINE unsigned bits_of(Integers lanes) {
  typedef bool Bits __attribute__((ext_vector_type(16)));
  const Bits bits = __builtin_convertvector(lanes, Bits);
  unsigned short result;
  __builtin_memcpy(&result, &bits, sizeof(result));
  return result;
}

/// `sum_row` for the wanted columns alone: the rows of the others are not even read, which in a layer that the cache does
/// not hold is most of the time.
static void sum_wanted(const struct Product *product) {
  const ptrdiff_t sums = product->sums.extent[2];
  const float *right[16];
  float *targets[16];
  int used = 0;
  for (ptrdiff_t column = (product->columns - 1) / 16 * 16; column >= 0; column -= 16) {
    const ptrdiff_t rest = product->columns - column;
    store_some(product->result + column, broadcast(0), rest);
    unsigned wanted = bits_of(load_some(product->wanted + column, rest, 0) > broadcast(0));
    while (wanted != 0 || (column == 0 && used > 0)) {
      for (; wanted != 0 && used < 16; wanted &= wanted - 1, used++) {
        const ptrdiff_t next = column + __builtin_ctz(wanted);
        right[used] = product->right + next * sums;
        targets[used] = product->result + next;
      }
      if (used < 16 && column > 0) break;
      for (int row = used; row < 16; row++) { right[row] = right[used - 1]; }
      const Vector total = sum_sixteen(product->left, right, sums);
      for (int row = 0; row < used; row++) { *targets[row] = total[row]; }
      used = 0;
    }
  }
}

/// One row times the right matrix as it lies: a few of its rows at a time are added to the result, in their order. What
/// would be multiplied with 0, as half of a rectified layer is, is not even read.
static void add_rows(const struct Product *product) {
  enum { rows_at_once = 8 };
  const ptrdiff_t sums = product->sums.extent[2], columns = product->columns;
  float *result = product->result;
  for (ptrdiff_t column = 0; column < columns; column += 16) {
    store_some(result + column, product->bias ? load(product->bias + column) : broadcast(0), columns - column);
  }
  const float *rows[rows_at_once];
  float elements[rows_at_once];
  int used = 0;
  for (ptrdiff_t sum = 0; sum < sums; sum += 16) {
    const Vector left = load_some(product->left + sum, sums - sum, 0);
    unsigned present = bits_of(left != broadcast(0));
    const bool is_last = sum + 16 >= sums;
    while (present != 0 || (is_last && used > 0)) {
      for (; present != 0 && used < rows_at_once; present &= present - 1, used++) {
        const ptrdiff_t next = sum + __builtin_ctz(present);
        rows[used] = product->right + next * columns;
        elements[used] = product->left[next];
      }
      if (used < rows_at_once && !is_last) break;
      for (int row = used; row < rows_at_once; row++) {
        rows[row] = product->right;
        elements[row] = 0;
      }
      for (ptrdiff_t column = 0; column < columns; column += 16) {
        Vector total = load(result + column);
        UNROLL for (int row = 0; row < rows_at_once; row++) {
          total += broadcast(elements[row]) * load(rows[row] + column);
        }
        store_some(result + column, total, columns - column);
      }
      used = 0;
    }
  }
  const Vector floor = broadcast(product->floor);
  for (ptrdiff_t column = 0; column < columns; column += 16) {
    const Vector total = load(result + column);
    store_some(result + column, total < floor ? floor : total, columns - column);
  }
}

/// A product with a single sum: each row of the result is the right matrix' only row, scaled.
static void scale_row(const struct Product *product) {
  const struct Nest nest = product->rows;
  float *target = product->result;
  for (ptrdiff_t i = 0; i < nest.extent[0]; i++) {
    for (ptrdiff_t j = 0; j < nest.extent[1]; j++) {
      const float *left = product->left + i * nest.stride[0] + j * nest.stride[1];
      for (ptrdiff_t k = 0; k < nest.extent[2]; k++, target += product->result_step) {
        const Vector factor = broadcast(left[k * nest.stride[2]]);
        for (ptrdiff_t column = 0; column < product->columns; column += 16) {
          store_some(target + column, factor * load(product->right + column), product->columns - column);
        }
      }
    }
  }
}

static bool is_one_sum(const struct Product *product) {
  return count_of(&product->sums) == 1 && !product->bias && product->floor == -__builtin_inff() && !product->adds;
}

static bool is_one_row(const struct Product *product) {
  return product->transposes_right && count_of(&product->rows) == 1 &&
         count_of(&product->sums) == product->sums.extent[2] && product->sums.stride[2] == 1;
}

/// Whether `add_rows` is to make the product: its single row is wider than a tile, which would go through the right matrix
/// once for each of its widths.
static bool is_wide_row(const struct Product *product) {
  return !product->transposes_right && !product->adds && product->columns > 16 * ROW_VECTORS &&
         count_of(&product->rows) == 1 && count_of(&product->sums) == product->sums.extent[2] &&
         product->sums.stride[2] == 1;
}

static ptrdiff_t product_workspace(const struct Product *product) {
  if (is_read_in_place(product) || is_one_row(product) || is_one_sum(product)) return 0;
  const struct Cut pieces = cut(product);
  const ptrdiff_t vectors = ((product->columns < pieces.columns ? product->columns : pieces.columns) + 15) / 16;
  return pieces.values * pieces.inner * 16 * vectors;
}

static void product(const struct Product *product) {
  if (is_one_row(product)) {
    if (product->wanted) {
      sum_wanted(product);
    } else {
      sum_row(product);
    }
    return;
  }
  if (is_wide_row(product)) {
    add_rows(product);
    return;
  }
  if (is_one_sum(product)) {
    scale_row(product);
    return;
  }
  const bool is_in_place = is_read_in_place(product);
  const ptrdiff_t all_sums = count_of(&product->sums);
  const struct Cut pieces = cut(product);
  const ptrdiff_t extent = product->sums.extent[pieces.digit];
  for (ptrdiff_t value = 0; value < extent; value += pieces.values) {
    struct Block block = {.sums = product->sums};
    block.sums.extent[pieces.digit] = extent - value < pieces.values ? extent - value : pieces.values;
    const float *left = product->left + value * product->sums.stride[pieces.digit];
    const ptrdiff_t first = value * pieces.inner, sums = block.sums.extent[pieces.digit] * pieces.inner;
    const bool is_first = value == 0, is_last = value + pieces.values >= extent;
    if (is_in_place) {
      block.panel = product->right + first * product->columns;
      sum_panels(product, left, &block, 0, product->columns, product->columns, is_first, is_last);
      continue;
    }
    for (ptrdiff_t column = 0; column < product->columns; column += pieces.columns) {
      const ptrdiff_t rest = product->columns - column, columns = rest < pieces.columns ? rest : pieces.columns;
      float *panel = product->workspace;
      const bool is_packed = product->reuses_workspace && sums == all_sums && columns == product->columns;
      for (ptrdiff_t start = 0; start < columns && !is_packed; start += 16 * PANEL_VECTORS) {
        const ptrdiff_t used = columns - start < 16 * PANEL_VECTORS ? columns - start : 16 * PANEL_VECTORS;
        const ptrdiff_t width = (used + 15) / 16 * 16;
        pack_panel(product, all_sums, first, sums, column + start, used, width, panel);
        panel += sums * width;
      }
      block.panel = product->workspace;
      sum_panels(product, left, &block, column, columns, 0, is_first, is_last);
    }
  }
}
