// What kernels ask of the compiler.
#pragma once
#include <cstdint>

#define COUNTERPOINT_INLINE inline __attribute__((always_inline))
#define COUNTERPOINT_NOINLINE __attribute__((noinline))
#define COUNTERPOINT_UNROLL _Pragma("GCC unroll 32")
