// Plain x86-64: eight lanes in two of sixteen registers, no fused multiply-add. What the words mean: see ../simd.h.
#pragma once
#include <emmintrin.h>

#include "cpu/simd/compiler.h"

namespace counterpoint::COUNTERPOINT_ISA {

constexpr int64_t lanes = 8;
constexpr int vectorRegisters = 8;
constexpr bool fusedMultiplyAdd = false;

struct Vec {
  __m128 low, high;
};

COUNTERPOINT_INLINE Vec load(const float* p) { return {_mm_loadu_ps(p), _mm_loadu_ps(p + 4)}; }
COUNTERPOINT_INLINE void store(float* p, Vec v) { _mm_storeu_ps(p, v.low), _mm_storeu_ps(p + 4, v.high); }
COUNTERPOINT_INLINE void storePast(float* p, Vec v) { _mm_stream_ps(p, v.low), _mm_stream_ps(p + 4, v.high); }
COUNTERPOINT_INLINE void settle() { _mm_sfence(); }
COUNTERPOINT_INLINE Vec broadcast(float x) { return {_mm_set1_ps(x), _mm_set1_ps(x)}; }
COUNTERPOINT_INLINE Vec broadcast(const float* p) { return broadcast(*p); }
COUNTERPOINT_INLINE Vec zero() { return {_mm_setzero_ps(), _mm_setzero_ps()}; }
COUNTERPOINT_INLINE Vec add(Vec a, Vec b) { return {_mm_add_ps(a.low, b.low), _mm_add_ps(a.high, b.high)}; }
COUNTERPOINT_INLINE Vec sub(Vec a, Vec b) { return {_mm_sub_ps(a.low, b.low), _mm_sub_ps(a.high, b.high)}; }
COUNTERPOINT_INLINE Vec mul(Vec a, Vec b) { return {_mm_mul_ps(a.low, b.low), _mm_mul_ps(a.high, b.high)}; }
COUNTERPOINT_INLINE Vec div(Vec a, Vec b) { return {_mm_div_ps(a.low, b.low), _mm_div_ps(a.high, b.high)}; }
COUNTERPOINT_INLINE Vec sqrt(Vec a) { return {_mm_sqrt_ps(a.low), _mm_sqrt_ps(a.high)}; }
COUNTERPOINT_INLINE Vec min(Vec a, Vec b) { return {_mm_min_ps(a.low, b.low), _mm_min_ps(a.high, b.high)}; }
COUNTERPOINT_INLINE Vec max(Vec a, Vec b) { return {_mm_max_ps(a.low, b.low), _mm_max_ps(a.high, b.high)}; }
COUNTERPOINT_INLINE Vec bitAnd(Vec a, Vec b) { return {_mm_and_ps(a.low, b.low), _mm_and_ps(a.high, b.high)}; }
COUNTERPOINT_INLINE Vec bitOr(Vec a, Vec b) { return {_mm_or_ps(a.low, b.low), _mm_or_ps(a.high, b.high)}; }
COUNTERPOINT_INLINE Vec bitAndNot(Vec a, Vec b) { return {_mm_andnot_ps(a.low, b.low), _mm_andnot_ps(a.high, b.high)}; }
COUNTERPOINT_INLINE Vec lessThan(Vec a, Vec b) { return {_mm_cmplt_ps(a.low, b.low), _mm_cmplt_ps(a.high, b.high)}; }
COUNTERPOINT_INLINE Vec select(Vec mask, Vec a, Vec b) { return bitOr(bitAnd(mask, a), bitAndNot(mask, b)); }
COUNTERPOINT_INLINE Vec fma(Vec a, Vec b, Vec c) { return add(mul(a, b), c); }
COUNTERPOINT_INLINE Vec fnma(Vec a, Vec b, Vec c) { return sub(c, mul(a, b)); }
COUNTERPOINT_INLINE void accumulate(Vec& sum, Vec a, Vec b) { sum = add(sum, mul(a, b)); }

namespace detail {
COUNTERPOINT_INLINE Vec powerOfTwo(Vec magic) {
  const __m128i bias = _mm_set1_epi32(127);
  return {_mm_castsi128_ps(_mm_slli_epi32(_mm_add_epi32(_mm_castps_si128(magic.low), bias), 23)),
          _mm_castsi128_ps(_mm_slli_epi32(_mm_add_epi32(_mm_castps_si128(magic.high), bias), 23))};
}
COUNTERPOINT_INLINE __m128 splitExponent(__m128 x, __m128& mantissa) {
  const __m128i bits = _mm_castps_si128(x);
  mantissa =
      _mm_castsi128_ps(_mm_or_si128(_mm_and_si128(bits, _mm_set1_epi32(0x007fffff)), _mm_set1_epi32(0x3f800000)));
  return _mm_cvtepi32_ps(_mm_sub_epi32(_mm_srli_epi32(bits, 23), _mm_set1_epi32(127)));
}
COUNTERPOINT_INLINE Vec splitExponent(Vec x, Vec& mantissa) {
  return {splitExponent(x.low, mantissa.low), splitExponent(x.high, mantissa.high)};
}
}  // namespace detail

COUNTERPOINT_INLINE Vec loadPart(const float* p, int64_t count) {
  alignas(16) float part[8] = {};
  for (int64_t i = 0; i < count; ++i) part[i] = p[i];
  return load(part);
}
COUNTERPOINT_INLINE void storePart(float* p, Vec v, int64_t count) {
  alignas(16) float part[8];
  store(part, v);
  for (int64_t i = 0; i < count; ++i) p[i] = part[i];
}

COUNTERPOINT_INLINE Vec halvesUp(Vec v) {
  return {_mm_castsi128_ps(_mm_slli_epi32(_mm_castps_si128(v.low), 16)),
          _mm_castsi128_ps(_mm_slli_epi32(_mm_castps_si128(v.high), 16))};
}
COUNTERPOINT_INLINE Vec halvesDown(Vec v) {
  return {_mm_castsi128_ps(_mm_srli_epi32(_mm_castps_si128(v.low), 16)),
          _mm_castsi128_ps(_mm_srli_epi32(_mm_castps_si128(v.high), 16))};
}
COUNTERPOINT_INLINE Vec load(const uint16_t* p) {
  const __m128i halves = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p)), none = _mm_setzero_si128();
  return {_mm_castsi128_ps(_mm_unpacklo_epi16(none, halves)), _mm_castsi128_ps(_mm_unpackhi_epi16(none, halves))};
}

COUNTERPOINT_INLINE void transpose(Vec (&r)[8]) {
  _MM_TRANSPOSE4_PS(r[0].low, r[1].low, r[2].low, r[3].low);
  _MM_TRANSPOSE4_PS(r[0].high, r[1].high, r[2].high, r[3].high);
  _MM_TRANSPOSE4_PS(r[4].low, r[5].low, r[6].low, r[7].low);
  _MM_TRANSPOSE4_PS(r[4].high, r[5].high, r[6].high, r[7].high);
  for (int i = 0; i < 4; ++i) {
    const __m128 corner = r[i].high;
    r[i].high = r[i + 4].low;
    r[i + 4].low = corner;
  }
}

}  // namespace counterpoint::COUNTERPOINT_ISA
