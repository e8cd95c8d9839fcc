#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx2,fma,bmi,bmi2"))), apply_to = function)
#define KERNELS kernels_avx2
#define PANEL_VECTORS 1
// 16 registers of 256 bits: 12 of sums, 2 of weights, 1 of a broadcast element.
#define tile_rows(vectors) ((vectors) == 1 ? 6 : 1)
#define ROW_VECTORS 4
#define ROWS_AT_ONCE 4
#include "Kernels.h"
#pragma clang attribute pop
#endif
