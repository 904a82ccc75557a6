// NEON of 64-bit ARM: eight lanes in two of thirty-two registers. What the words mean: see ../simd.h.
#pragma once
#include <arm_neon.h>

#include "cpu/simd/compiler.h"

namespace counterpoint::COUNTERPOINT_ISA {

constexpr int64_t lanes = 8;
constexpr int vectorRegisters = 16;
constexpr bool fusedMultiplyAdd = true;

struct Vec {
  float32x4_t low, high;
};

namespace detail {
COUNTERPOINT_INLINE uint32x4_t bits(float32x4_t x) { return vreinterpretq_u32_f32(x); }
COUNTERPOINT_INLINE float32x4_t floats(uint32x4_t x) { return vreinterpretq_f32_u32(x); }
// The lesser (greater) of each lane, `b` where either is NaN: NEON's own would give NaN.
COUNTERPOINT_INLINE float32x4_t min(float32x4_t a, float32x4_t b) { return vbslq_f32(vcltq_f32(a, b), a, b); }
COUNTERPOINT_INLINE float32x4_t max(float32x4_t a, float32x4_t b) { return vbslq_f32(vcgtq_f32(a, b), a, b); }
COUNTERPOINT_INLINE float32x4_t bitAnd(float32x4_t a, float32x4_t b) { return floats(vandq_u32(bits(a), bits(b))); }
COUNTERPOINT_INLINE float32x4_t bitOr(float32x4_t a, float32x4_t b) { return floats(vorrq_u32(bits(a), bits(b))); }
COUNTERPOINT_INLINE float32x4_t bitAndNot(float32x4_t a, float32x4_t b) { return floats(vbicq_u32(bits(b), bits(a))); }
COUNTERPOINT_INLINE float32x4_t lessThan(float32x4_t a, float32x4_t b) { return floats(vcltq_f32(a, b)); }
}  // namespace detail

COUNTERPOINT_INLINE Vec load(const float* p) { return {vld1q_f32(p), vld1q_f32(p + 4)}; }
COUNTERPOINT_INLINE void store(float* p, Vec v) { vst1q_f32(p, v.low), vst1q_f32(p + 4, v.high); }
COUNTERPOINT_INLINE void storePast(float* p, Vec v) { store(p, v); }
COUNTERPOINT_INLINE void settle() {}
COUNTERPOINT_INLINE Vec broadcast(float x) { return {vdupq_n_f32(x), vdupq_n_f32(x)}; }
COUNTERPOINT_INLINE Vec broadcast(const float* p) {
  const float32x4_t x = vld1q_dup_f32(p);
  return {x, x};
}
COUNTERPOINT_INLINE Vec zero() { return broadcast(0.0f); }
COUNTERPOINT_INLINE Vec add(Vec a, Vec b) { return {vaddq_f32(a.low, b.low), vaddq_f32(a.high, b.high)}; }
COUNTERPOINT_INLINE Vec sub(Vec a, Vec b) { return {vsubq_f32(a.low, b.low), vsubq_f32(a.high, b.high)}; }
COUNTERPOINT_INLINE Vec mul(Vec a, Vec b) { return {vmulq_f32(a.low, b.low), vmulq_f32(a.high, b.high)}; }
COUNTERPOINT_INLINE Vec div(Vec a, Vec b) { return {vdivq_f32(a.low, b.low), vdivq_f32(a.high, b.high)}; }
COUNTERPOINT_INLINE Vec sqrt(Vec a) { return {vsqrtq_f32(a.low), vsqrtq_f32(a.high)}; }
COUNTERPOINT_INLINE Vec min(Vec a, Vec b) { return {detail::min(a.low, b.low), detail::min(a.high, b.high)}; }
COUNTERPOINT_INLINE Vec max(Vec a, Vec b) { return {detail::max(a.low, b.low), detail::max(a.high, b.high)}; }
COUNTERPOINT_INLINE Vec bitAnd(Vec a, Vec b) { return {detail::bitAnd(a.low, b.low), detail::bitAnd(a.high, b.high)}; }
COUNTERPOINT_INLINE Vec bitOr(Vec a, Vec b) { return {detail::bitOr(a.low, b.low), detail::bitOr(a.high, b.high)}; }
COUNTERPOINT_INLINE Vec bitAndNot(Vec a, Vec b) {
  return {detail::bitAndNot(a.low, b.low), detail::bitAndNot(a.high, b.high)};
}
COUNTERPOINT_INLINE Vec lessThan(Vec a, Vec b) {
  return {detail::lessThan(a.low, b.low), detail::lessThan(a.high, b.high)};
}
COUNTERPOINT_INLINE Vec select(Vec mask, Vec a, Vec b) {
  return {vbslq_f32(detail::bits(mask.low), a.low, b.low), vbslq_f32(detail::bits(mask.high), a.high, b.high)};
}
COUNTERPOINT_INLINE Vec fma(Vec a, Vec b, Vec c) {
  return {vfmaq_f32(c.low, a.low, b.low), vfmaq_f32(c.high, a.high, b.high)};
}
COUNTERPOINT_INLINE Vec fnma(Vec a, Vec b, Vec c) {
  return {vfmsq_f32(c.low, a.low, b.low), vfmsq_f32(c.high, a.high, b.high)};
}
COUNTERPOINT_INLINE void accumulate(Vec& sum, Vec a, Vec b) { sum = fma(a, b, sum); }

namespace detail {
COUNTERPOINT_INLINE float32x4_t powerOfTwo(float32x4_t magic) {
  return floats(vshlq_n_u32(vaddq_u32(bits(magic), vdupq_n_u32(127)), 23));
}
COUNTERPOINT_INLINE Vec powerOfTwo(Vec magic) { return {powerOfTwo(magic.low), powerOfTwo(magic.high)}; }
COUNTERPOINT_INLINE float32x4_t splitExponent(float32x4_t x, float32x4_t& mantissa) {
  mantissa = floats(vorrq_u32(vandq_u32(bits(x), vdupq_n_u32(0x007fffff)), vdupq_n_u32(0x3f800000)));
  const int32x4_t exponent = vreinterpretq_s32_u32(vshrq_n_u32(bits(x), 23));
  return vcvtq_f32_s32(vsubq_s32(exponent, vdupq_n_s32(127)));
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
  return {detail::floats(vshlq_n_u32(detail::bits(v.low), 16)), detail::floats(vshlq_n_u32(detail::bits(v.high), 16))};
}
COUNTERPOINT_INLINE Vec halvesDown(Vec v) {
  return {detail::floats(vshrq_n_u32(detail::bits(v.low), 16)), detail::floats(vshrq_n_u32(detail::bits(v.high), 16))};
}
COUNTERPOINT_INLINE Vec load(const uint16_t* p) {
  return {detail::floats(vshll_n_u16(vld1_u16(p), 16)), detail::floats(vshll_n_u16(vld1_u16(p + 4), 16))};
}

namespace detail {
COUNTERPOINT_INLINE void transpose(float32x4_t& a, float32x4_t& b, float32x4_t& c, float32x4_t& d) {
  const float32x4_t ab0 = vtrn1q_f32(a, b), ab1 = vtrn2q_f32(a, b), cd0 = vtrn1q_f32(c, d), cd1 = vtrn2q_f32(c, d);
  const auto wide = [](float32x4_t x) { return vreinterpretq_f64_f32(x); };
  const auto narrow = [](float64x2_t x) { return vreinterpretq_f32_f64(x); };
  a = narrow(vtrn1q_f64(wide(ab0), wide(cd0)));
  b = narrow(vtrn1q_f64(wide(ab1), wide(cd1)));
  c = narrow(vtrn2q_f64(wide(ab0), wide(cd0)));
  d = narrow(vtrn2q_f64(wide(ab1), wide(cd1)));
}
}  // namespace detail

COUNTERPOINT_INLINE void transpose(Vec (&r)[8]) {
  detail::transpose(r[0].low, r[1].low, r[2].low, r[3].low);
  detail::transpose(r[0].high, r[1].high, r[2].high, r[3].high);
  detail::transpose(r[4].low, r[5].low, r[6].low, r[7].low);
  detail::transpose(r[4].high, r[5].high, r[6].high, r[7].high);
  for (int i = 0; i < 4; ++i) {
    const float32x4_t corner = r[i].high;
    r[i].high = r[i + 4].low;
    r[i + 4].low = corner;
  }
}

}  // namespace counterpoint::COUNTERPOINT_ISA
