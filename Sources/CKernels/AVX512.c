#if defined(__x86_64__)
#pragma clang attribute push( \
    __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,bmi,bmi2"), min_vector_width(512))), \
    apply_to = function)
#define KERNELS kernels_avx512
#define PANEL_VECTORS 4
// 32 registers of 512 bits: 24 of sums, 4 of weights, some of broadcast elements. Lower tiles of fewer vectors, because
// their row pointers take a general register each.
#define tile_rows(vectors) ((vectors) == 4 ? 6 : 8)
#define ROW_VECTORS 4
#define ROWS_AT_ONCE 16
#include "Kernels.h"
#pragma clang attribute pop
#endif
