// What every processor of an architecture has: vectors of 128 bits.

#define KERNELS kernels_baseline
#define PANEL_VECTORS 1
#if defined(__aarch64__)
// 32 registers: 24 of sums, 4 of weights.
#define tile_rows(vectors) ((vectors) == 1 ? 6 : 1)
#define ROW_VECTORS 4
#define ROWS_AT_ONCE 4
#else
// 16 registers: 12 of sums.
#define tile_rows(vectors) ((vectors) == 1 ? 3 : 1)
#define ROW_VECTORS 2
#define ROWS_AT_ONCE 2
#endif
#include "Kernels.h"
