// AVX2 and FMA: eight lanes in one of sixteen registers. What the words mean: see ../simd.h.
#pragma once
#include <immintrin.h>

#include "cpu/simd/compiler.h"

namespace counterpoint::COUNTERPOINT_ISA {

constexpr int64_t lanes = 8;
constexpr int vectorRegisters = 16;
constexpr bool fusedMultiplyAdd = true;

using Vec = __m256;

COUNTERPOINT_INLINE Vec load(const float* p) { return _mm256_loadu_ps(p); }
COUNTERPOINT_INLINE void store(float* p, Vec v) { _mm256_storeu_ps(p, v); }
COUNTERPOINT_INLINE void storePast(float* p, Vec v) { _mm256_stream_ps(p, v); }
COUNTERPOINT_INLINE void settle() { _mm_sfence(); }
COUNTERPOINT_INLINE Vec broadcast(float x) { return _mm256_set1_ps(x); }
COUNTERPOINT_INLINE Vec broadcast(const float* p) { return _mm256_broadcast_ss(p); }
COUNTERPOINT_INLINE Vec zero() { return _mm256_setzero_ps(); }
COUNTERPOINT_INLINE Vec add(Vec a, Vec b) { return _mm256_add_ps(a, b); }
COUNTERPOINT_INLINE Vec sub(Vec a, Vec b) { return _mm256_sub_ps(a, b); }
COUNTERPOINT_INLINE Vec mul(Vec a, Vec b) { return _mm256_mul_ps(a, b); }
COUNTERPOINT_INLINE Vec div(Vec a, Vec b) { return _mm256_div_ps(a, b); }
COUNTERPOINT_INLINE Vec sqrt(Vec a) { return _mm256_sqrt_ps(a); }
COUNTERPOINT_INLINE Vec min(Vec a, Vec b) { return _mm256_min_ps(a, b); }
COUNTERPOINT_INLINE Vec max(Vec a, Vec b) { return _mm256_max_ps(a, b); }
COUNTERPOINT_INLINE Vec bitAnd(Vec a, Vec b) { return _mm256_and_ps(a, b); }
COUNTERPOINT_INLINE Vec bitOr(Vec a, Vec b) { return _mm256_or_ps(a, b); }
COUNTERPOINT_INLINE Vec bitAndNot(Vec a, Vec b) { return _mm256_andnot_ps(a, b); }
COUNTERPOINT_INLINE Vec lessThan(Vec a, Vec b) { return _mm256_cmp_ps(a, b, _CMP_LT_OQ); }
COUNTERPOINT_INLINE Vec select(Vec mask, Vec a, Vec b) { return _mm256_blendv_ps(b, a, mask); }

COUNTERPOINT_INLINE Vec fma(Vec a, Vec b, Vec c) { return _mm256_fmadd_ps(a, b, c); }
COUNTERPOINT_INLINE Vec fnma(Vec a, Vec b, Vec c) { return _mm256_fnmadd_ps(a, b, c); }
// The form is spelled out: left to choose, g++ 12 mixes the three FMA forms and spills register tiles.
COUNTERPOINT_INLINE void accumulate(Vec& sum, Vec a, Vec b) {
  asm("vfmadd231ps %2, %1, %0" : "+x"(sum) : "x"(a), "x"(b));
}

namespace detail {
// -1 in the first `count` lanes.
COUNTERPOINT_INLINE __m256i maskOf(int64_t count) {
  return _mm256_cmpgt_epi32(_mm256_set1_epi32(static_cast<int>(count)), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}
COUNTERPOINT_INLINE Vec powerOfTwo(Vec magic) {
  return _mm256_castsi256_ps(
      _mm256_slli_epi32(_mm256_add_epi32(_mm256_castps_si256(magic), _mm256_set1_epi32(127)), 23));
}
COUNTERPOINT_INLINE Vec splitExponent(Vec x, Vec& mantissa) {
  const __m256i bits = _mm256_castps_si256(x);
  mantissa = _mm256_castsi256_ps(
      _mm256_or_si256(_mm256_and_si256(bits, _mm256_set1_epi32(0x007fffff)), _mm256_set1_epi32(0x3f800000)));
  return _mm256_cvtepi32_ps(_mm256_sub_epi32(_mm256_srli_epi32(bits, 23), _mm256_set1_epi32(127)));
}
}  // namespace detail

COUNTERPOINT_INLINE Vec loadPart(const float* p, int64_t count) { return _mm256_maskload_ps(p, detail::maskOf(count)); }
COUNTERPOINT_INLINE void storePart(float* p, Vec v, int64_t count) { _mm256_maskstore_ps(p, detail::maskOf(count), v); }

COUNTERPOINT_INLINE Vec halvesUp(Vec v) { return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_castps_si256(v), 16)); }
COUNTERPOINT_INLINE Vec halvesDown(Vec v) { return _mm256_castsi256_ps(_mm256_srli_epi32(_mm256_castps_si256(v), 16)); }
COUNTERPOINT_INLINE Vec load(const uint16_t* p) {
  const __m128i halves = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
  return halvesUp(_mm256_castsi256_ps(_mm256_cvtepu16_epi32(halves)));
}

COUNTERPOINT_INLINE void transpose(Vec (&r)[8]) {
  Vec pair[8], quad[8];
  COUNTERPOINT_UNROLL
  for (int i = 0; i < 8; i += 2) {
    pair[i] = _mm256_unpacklo_ps(r[i], r[i + 1]);
    pair[i + 1] = _mm256_unpackhi_ps(r[i], r[i + 1]);
  }
  COUNTERPOINT_UNROLL
  for (int i = 0; i < 8; i += 4) {
    quad[i] = _mm256_shuffle_ps(pair[i], pair[i + 2], 0x44);
    quad[i + 1] = _mm256_shuffle_ps(pair[i], pair[i + 2], 0xee);
    quad[i + 2] = _mm256_shuffle_ps(pair[i + 1], pair[i + 3], 0x44);
    quad[i + 3] = _mm256_shuffle_ps(pair[i + 1], pair[i + 3], 0xee);
  }
  COUNTERPOINT_UNROLL
  for (int i = 0; i < 4; ++i) {
    r[i] = _mm256_permute2f128_ps(quad[i], quad[i + 4], 0x20);
    r[i + 4] = _mm256_permute2f128_ps(quad[i], quad[i + 4], 0x31);
  }
}

}  // namespace counterpoint::COUNTERPOINT_ISA
