// AVX-512 F, DQ, BW and VL: sixteen lanes in one of thirty-two registers. What the words mean: see ../simd.h.
#pragma once
#include <immintrin.h>

#include "cpu/simd/compiler.h"

namespace counterpoint::COUNTERPOINT_ISA {

constexpr int64_t lanes = 16;
constexpr int vectorRegisters = 32;
constexpr bool fusedMultiplyAdd = true;

using Vec = __m512;

COUNTERPOINT_INLINE Vec load(const float* p) { return _mm512_loadu_ps(p); }
COUNTERPOINT_INLINE void store(float* p, Vec v) { _mm512_storeu_ps(p, v); }
COUNTERPOINT_INLINE void storePast(float* p, Vec v) { _mm512_stream_ps(p, v); }
COUNTERPOINT_INLINE void settle() { _mm_sfence(); }
COUNTERPOINT_INLINE Vec broadcast(float x) { return _mm512_set1_ps(x); }
COUNTERPOINT_INLINE Vec broadcast(const float* p) { return _mm512_set1_ps(*p); }
COUNTERPOINT_INLINE Vec zero() { return _mm512_setzero_ps(); }
COUNTERPOINT_INLINE Vec add(Vec a, Vec b) { return _mm512_add_ps(a, b); }
COUNTERPOINT_INLINE Vec sub(Vec a, Vec b) { return _mm512_sub_ps(a, b); }
COUNTERPOINT_INLINE Vec mul(Vec a, Vec b) { return _mm512_mul_ps(a, b); }
COUNTERPOINT_INLINE Vec div(Vec a, Vec b) { return _mm512_div_ps(a, b); }
COUNTERPOINT_INLINE Vec sqrt(Vec a) { return _mm512_sqrt_ps(a); }
COUNTERPOINT_INLINE Vec min(Vec a, Vec b) { return _mm512_min_ps(a, b); }
COUNTERPOINT_INLINE Vec max(Vec a, Vec b) { return _mm512_max_ps(a, b); }
COUNTERPOINT_INLINE Vec bitAnd(Vec a, Vec b) { return _mm512_and_ps(a, b); }
COUNTERPOINT_INLINE Vec bitOr(Vec a, Vec b) { return _mm512_or_ps(a, b); }
COUNTERPOINT_INLINE Vec bitAndNot(Vec a, Vec b) { return _mm512_andnot_ps(a, b); }
COUNTERPOINT_INLINE Vec lessThan(Vec a, Vec b) {
  return _mm512_castsi512_ps(_mm512_movm_epi32(_mm512_cmp_ps_mask(a, b, _CMP_LT_OQ)));
}
COUNTERPOINT_INLINE Vec select(Vec mask, Vec a, Vec b) {
  return _mm512_mask_blend_ps(_mm512_movepi32_mask(_mm512_castps_si512(mask)), b, a);
}
COUNTERPOINT_INLINE Vec fma(Vec a, Vec b, Vec c) { return _mm512_fmadd_ps(a, b, c); }
COUNTERPOINT_INLINE Vec fnma(Vec a, Vec b, Vec c) { return _mm512_fnmadd_ps(a, b, c); }
// The form is spelled out as in avx2.h.
COUNTERPOINT_INLINE void accumulate(Vec& sum, Vec a, Vec b) {
  asm("vfmadd231ps %2, %1, %0" : "+v"(sum) : "v"(a), "v"(b));
}

namespace detail {
COUNTERPOINT_INLINE __mmask16 maskOf(int64_t count) { return static_cast<__mmask16>((1u << count) - 1); }
COUNTERPOINT_INLINE Vec powerOfTwo(Vec magic) {
  return _mm512_castsi512_ps(
      _mm512_slli_epi32(_mm512_add_epi32(_mm512_castps_si512(magic), _mm512_set1_epi32(127)), 23));
}
COUNTERPOINT_INLINE Vec splitExponent(Vec x, Vec& mantissa) {
  const __m512i bits = _mm512_castps_si512(x);
  mantissa = _mm512_castsi512_ps(
      _mm512_or_si512(_mm512_and_si512(bits, _mm512_set1_epi32(0x007fffff)), _mm512_set1_epi32(0x3f800000)));
  return _mm512_cvtepi32_ps(_mm512_sub_epi32(_mm512_srli_epi32(bits, 23), _mm512_set1_epi32(127)));
}
}  // namespace detail

COUNTERPOINT_INLINE Vec loadPart(const float* p, int64_t count) {
  return _mm512_maskz_loadu_ps(detail::maskOf(count), p);
}
COUNTERPOINT_INLINE void storePart(float* p, Vec v, int64_t count) {
  _mm512_mask_storeu_ps(p, detail::maskOf(count), v);
}

COUNTERPOINT_INLINE Vec halvesUp(Vec v) { return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_castps_si512(v), 16)); }
COUNTERPOINT_INLINE Vec halvesDown(Vec v) { return _mm512_castsi512_ps(_mm512_srli_epi32(_mm512_castps_si512(v), 16)); }
COUNTERPOINT_INLINE Vec load(const uint16_t* p) {
  const __m256i halves = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
  return halvesUp(_mm512_castsi512_ps(_mm512_cvtepu16_epi32(halves)));
}

COUNTERPOINT_INLINE void transpose(Vec (&r)[16]) {
  Vec pair[16], quad[16];
  COUNTERPOINT_UNROLL
  for (int i = 0; i < 16; i += 2) {
    pair[i] = _mm512_unpacklo_ps(r[i], r[i + 1]);
    pair[i + 1] = _mm512_unpackhi_ps(r[i], r[i + 1]);
  }
  COUNTERPOINT_UNROLL
  for (int i = 0; i < 16; i += 4) {
    quad[i] = _mm512_shuffle_ps(pair[i], pair[i + 2], 0x44);
    quad[i + 1] = _mm512_shuffle_ps(pair[i], pair[i + 2], 0xee);
    quad[i + 2] = _mm512_shuffle_ps(pair[i + 1], pair[i + 3], 0x44);
    quad[i + 3] = _mm512_shuffle_ps(pair[i + 1], pair[i + 3], 0xee);
  }
  // Quarter q of quad[4 g + c] is column 4 q + c of rows 4 g to 4 g + 3.
  COUNTERPOINT_UNROLL
  for (int c = 0; c < 4; ++c) {
    const Vec evenLow = _mm512_shuffle_f32x4(quad[c], quad[4 + c], 0x88);
    const Vec oddLow = _mm512_shuffle_f32x4(quad[c], quad[4 + c], 0xdd);
    const Vec evenHigh = _mm512_shuffle_f32x4(quad[8 + c], quad[12 + c], 0x88);
    const Vec oddHigh = _mm512_shuffle_f32x4(quad[8 + c], quad[12 + c], 0xdd);
    r[c] = _mm512_shuffle_f32x4(evenLow, evenHigh, 0x88);
    r[4 + c] = _mm512_shuffle_f32x4(oddLow, oddHigh, 0x88);
    r[8 + c] = _mm512_shuffle_f32x4(evenLow, evenHigh, 0xdd);
    r[12 + c] = _mm512_shuffle_f32x4(oddLow, oddHigh, 0xdd);
  }
}

}  // namespace counterpoint::COUNTERPOINT_ISA
