#include "CKernels.h"

extern const struct KernelTable kernels_baseline;
#if defined(__x86_64__)
extern const struct KernelTable kernels_avx2;
extern const struct KernelTable kernels_avx512;
#endif

_Thread_local void *buffers_of_thread;

const struct KernelTable *kernels_for(enum InstructionSet set) {
  switch (set) {
  case instruction_set_baseline: return &kernels_baseline;
#if defined(__x86_64__)
  case instruction_set_avx2:
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi2")
               ? &kernels_avx2
               : NULL;
  case instruction_set_avx512:
    return kernels_for(instruction_set_avx2) && __builtin_cpu_supports("avx512f") &&
                   __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
                   __builtin_cpu_supports("avx512vl")
               ? &kernels_avx512
               : NULL;
#endif
  default: return NULL;
  }
}

const struct KernelTable *kernels_for_this_processor(void) {
  for (enum InstructionSet set = instruction_set_avx512; set > instruction_set_baseline; set--) {
    const struct KernelTable *kernels = kernels_for(set);
    if (kernels) return kernels;
  }
  return &kernels_baseline;
}
