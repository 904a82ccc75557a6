// AVX-512 as in avx512.h, and its products of bf16. What the words mean: see ../simd.h.
#pragma once
#include "cpu/simd/avx512.h"

#define COUNTERPOINT_PAIR_PRODUCTS 1

namespace counterpoint::COUNTERPOINT_ISA {

COUNTERPOINT_INLINE Vec roundToPairs(Vec low, Vec high) {
  const __m512bh pairs = _mm512_cvtne2ps_pbh(high, low);
  return reinterpret_cast<const Vec&>(pairs);
}
COUNTERPOINT_INLINE Vec roundAbreast(Vec first, Vec second) {
  alignas(64) static constexpr uint16_t order[] = {0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23,
                                                   8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31};
  const __m512i halves = _mm512_castps_si512(roundToPairs(first, second));
  return _mm512_castsi512_ps(_mm512_permutexvar_epi16(_mm512_load_si512(order), halves));
}
// The form is spelled out as in avx2.h.
COUNTERPOINT_INLINE void accumulatePairs(Vec& sum, Vec a, Vec b) {
  asm("vdpbf16ps %2, %1, %0" : "+v"(sum) : "v"(a), "v"(b));
}

}  // namespace counterpoint::COUNTERPOINT_ISA
