// What every processor of an architecture has: vectors of 128 bits.

#define KERNELS kernels_baseline
#define PANEL_VECTORS 1
#if defined(__aarch64__)
// 32 registers: 24 of sums, 4 of weights.
#define tile_rows(vectors) ((void)(vectors), 6)
#else
// 16 registers: 12 of sums.
#define tile_rows(vectors) ((void)(vectors), 3)
#endif
#include "Kernels.h"
