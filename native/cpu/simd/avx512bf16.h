// AVX-512 as in avx512.h, and its products of bf16. What the words mean: see ../simd.h.
#pragma once
#include "cpu/simd/avx512.h"

#define COUNTERPOINT_PAIR_PRODUCTS 1

namespace counterpoint::COUNTERPOINT_ISA {

COUNTERPOINT_INLINE Vec roundToPairs(Vec low, Vec high) {
  const __m512bh pairs = _mm512_cvtne2ps_pbh(high, low);
  return reinterpret_cast<const Vec&>(pairs);
}
// The form is spelled out as in avx2.h.
COUNTERPOINT_INLINE void accumulatePairs(Vec& sum, Vec a, Vec b) {
  asm("vdpbf16ps %2, %1, %0" : "+v"(sum) : "v"(a), "v"(b));
}

}  // namespace counterpoint::COUNTERPOINT_ISA
