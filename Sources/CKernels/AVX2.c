#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx2,fma,bmi,bmi2"))), apply_to = function)
#define KERNELS kernels_avx2
#define PANEL_VECTORS 1
// 16 registers of 256 bits: 12 of sums, 2 of weights, 1 of a broadcast element.
#define tile_rows(vectors) ((void)(vectors), 6)
#include "Kernels.h"
#pragma clang attribute pop
#endif
