// The words that CPU kernels are written in: a vector of eight floats and its functions.
//
// Sources in native/cpu are compiled once per instruction set, into a namespace of its own, so everything here lives in
// `counterpoint::COUNTERPOINT_ISA`: `avx2` (AVX2 and FMA) or `baseline` (plain x86-64, two SSE halves). The baseline
// has no fused multiply-add; there `fma` rounds twice, so the two agree to rounding, not bit for bit.
//
// The elementary functions are branch-free, treat every lane alike and pass NaN on. Their polynomials are minimax fits
// in relative error (Lawson's iteration on Chebyshev points, coefficients rounded to f32); test/native/kernels.cc holds
// them against f64. To keep the bits of a value independent of its place in a row, handle tails with `loadPart` and
// `storePart` rather than with scalar code.
#pragma once
#include <emmintrin.h>

#include <cstdint>

#if defined(__AVX2__) && defined(__FMA__)
#include <immintrin.h>
#define COUNTERPOINT_AVX2 1
#else
#define COUNTERPOINT_AVX2 0
#endif

#define COUNTERPOINT_INLINE inline __attribute__((always_inline))
#define COUNTERPOINT_NOINLINE __attribute__((noinline))
#define COUNTERPOINT_UNROLL _Pragma("GCC unroll 32")

namespace counterpoint::COUNTERPOINT_ISA {

constexpr int64_t lanes = 8;

#if COUNTERPOINT_AVX2

using Vec = __m256;

COUNTERPOINT_INLINE Vec load(const float* p) { return _mm256_loadu_ps(p); }
COUNTERPOINT_INLINE void store(float* p, Vec v) { _mm256_storeu_ps(p, v); }
COUNTERPOINT_INLINE Vec broadcast(float x) { return _mm256_set1_ps(x); }
COUNTERPOINT_INLINE Vec broadcast(const float* p) { return _mm256_broadcast_ss(p); }
COUNTERPOINT_INLINE Vec zero() { return _mm256_setzero_ps(); }
COUNTERPOINT_INLINE Vec add(Vec a, Vec b) { return _mm256_add_ps(a, b); }
COUNTERPOINT_INLINE Vec sub(Vec a, Vec b) { return _mm256_sub_ps(a, b); }
COUNTERPOINT_INLINE Vec mul(Vec a, Vec b) { return _mm256_mul_ps(a, b); }
COUNTERPOINT_INLINE Vec div(Vec a, Vec b) { return _mm256_div_ps(a, b); }
COUNTERPOINT_INLINE Vec sqrt(Vec a) { return _mm256_sqrt_ps(a); }
// The lesser (greater) of each lane; `b` where either is NaN.
COUNTERPOINT_INLINE Vec min(Vec a, Vec b) { return _mm256_min_ps(a, b); }
COUNTERPOINT_INLINE Vec max(Vec a, Vec b) { return _mm256_max_ps(a, b); }
COUNTERPOINT_INLINE Vec bitAnd(Vec a, Vec b) { return _mm256_and_ps(a, b); }
COUNTERPOINT_INLINE Vec bitOr(Vec a, Vec b) { return _mm256_or_ps(a, b); }
COUNTERPOINT_INLINE Vec bitAndNot(Vec a, Vec b) { return _mm256_andnot_ps(a, b); }          // ~a & b
COUNTERPOINT_INLINE Vec lessThan(Vec a, Vec b) { return _mm256_cmp_ps(a, b, _CMP_LT_OQ); }  // all ones where a < b
// `a` where the mask is ones, else `b`.
COUNTERPOINT_INLINE Vec select(Vec mask, Vec a, Vec b) { return _mm256_blendv_ps(b, a, mask); }

// a * b + c, rounded once.
COUNTERPOINT_INLINE Vec fma(Vec a, Vec b, Vec c) { return _mm256_fmadd_ps(a, b, c); }
// c - a * b, rounded once.
COUNTERPOINT_INLINE Vec fnma(Vec a, Vec b, Vec c) { return _mm256_fnmadd_ps(a, b, c); }
// sum += a * b. The form is spelled out: left to choose, g++ 12 mixes the three FMA forms and spills register tiles.
COUNTERPOINT_INLINE void accumulate(Vec& sum, Vec a, Vec b) {
  asm("vfmadd231ps %2, %1, %0" : "+x"(sum) : "x"(a), "x"(b));
}

namespace detail {
// -1 in the first `count` of eight lanes.
COUNTERPOINT_INLINE __m256i maskOf(int64_t count) {
  return _mm256_cmpgt_epi32(_mm256_set1_epi32(static_cast<int>(count)), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}
// 2^n for the integer n held as 1.5 * 2^23 + n, -126 <= n <= 127.
COUNTERPOINT_INLINE Vec powerOfTwo(Vec magic) {
  return _mm256_castsi256_ps(
      _mm256_slli_epi32(_mm256_add_epi32(_mm256_castps_si256(magic), _mm256_set1_epi32(127)), 23));
}
// The exponent of a positive normal number as a float, and its mantissa in [1, 2).
COUNTERPOINT_INLINE Vec splitExponent(Vec x, Vec& mantissa) {
  const __m256i bits = _mm256_castps_si256(x);
  mantissa = _mm256_castsi256_ps(
      _mm256_or_si256(_mm256_and_si256(bits, _mm256_set1_epi32(0x007fffff)), _mm256_set1_epi32(0x3f800000)));
  return _mm256_cvtepi32_ps(_mm256_sub_epi32(_mm256_srli_epi32(bits, 23), _mm256_set1_epi32(127)));
}
}  // namespace detail

// The first `count` (0 to 8) floats, zeros behind; touches no other memory.
COUNTERPOINT_INLINE Vec loadPart(const float* p, int64_t count) { return _mm256_maskload_ps(p, detail::maskOf(count)); }
COUNTERPOINT_INLINE void storePart(float* p, Vec v, int64_t count) { _mm256_maskstore_ps(p, detail::maskOf(count), v); }

// Eight vectors as the rows of a matrix, transposed in place.
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

#else

struct Vec {
  __m128 low, high;
};

COUNTERPOINT_INLINE Vec load(const float* p) { return {_mm_loadu_ps(p), _mm_loadu_ps(p + 4)}; }
COUNTERPOINT_INLINE void store(float* p, Vec v) { _mm_storeu_ps(p, v.low), _mm_storeu_ps(p + 4, v.high); }
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

#endif

COUNTERPOINT_INLINE Vec negate(Vec a) { return sub(broadcast(-0.0f), a); }
COUNTERPOINT_INLINE Vec absolute(Vec a) { return bitAndNot(broadcast(-0.0f), a); }

// The sum of the lanes, in the fixed order ((0+4)+(2+6)) + ((1+5)+(3+7)).
COUNTERPOINT_INLINE float sumOfLanes(Vec v) {
  alignas(32) float x[8];
  store(x, v);
  return ((x[0] + x[4]) + (x[2] + x[6])) + ((x[1] + x[5]) + (x[3] + x[7]));
}

// The greatest lane; NaN lanes may be passed over.
COUNTERPOINT_INLINE float maxOfLanes(Vec v) {
  alignas(32) float x[8];
  store(x, v);
  float greatest = x[0];
  for (int i = 1; i < 8; ++i) greatest = x[i] > greatest ? x[i] : greatest;
  return greatest;
}

// e^x to 1 ulp; 0 below -104, infinity above 88.73. x = n ln 2 + r, |r| <= ln 2 / 2, in two parts of ln 2; 2^n goes in
// as two factors because n may reach 128 or, for a denormal result, -150.
COUNTERPOINT_INLINE Vec exp(Vec x) {
  const Vec magic = broadcast(12582912.0f);  // 1.5 * 2^23: adding it rounds to an integer held in the low bits
  x = min(broadcast(89.0f), max(broadcast(-104.0f), x));
  const Vec n = sub(fma(x, broadcast(1.44269504f), magic), magic);
  const Vec r = fnma(n, broadcast(-2.12194440e-4f), fnma(n, broadcast(0.693359375f), x));
  Vec p = fma(broadcast(0.00138144672f), r, broadcast(0.00836878084f));
  p = fma(p, r, broadcast(0.0416683927f));
  p = fma(p, r, broadcast(0.166665196f));
  p = fma(p, r, broadcast(0.49999994f));
  p = add(fma(p, mul(r, r), r), broadcast(1.0f));
  const Vec half = sub(fma(n, broadcast(0.5f), magic), magic);
  return mul(mul(p, detail::powerOfTwo(add(half, magic))), detail::powerOfTwo(add(sub(n, half), magic)));
}

// Natural logarithm to 2 ulp; -infinity at 0, NaN below.
COUNTERPOINT_INLINE Vec log(Vec x) {
  // Denormals are first scaled by 2^23.
  const Vec tiny = lessThan(x, broadcast(1.17549435e-38f));
  Vec m;
  Vec e = detail::splitExponent(select(tiny, mul(x, broadcast(8388608.0f)), x), m);
  e = sub(e, bitAnd(tiny, broadcast(23.0f)));
  const Vec upper = lessThan(broadcast(1.41421356f), m);  // m to [sqrt(1/2), sqrt(2)]
  m = select(upper, mul(m, broadcast(0.5f)), m);
  e = add(e, bitAnd(upper, broadcast(1.0f)));
  const Vec f = sub(m, broadcast(1.0f)), f2 = mul(f, f);
  Vec p = fma(broadcast(0.0674663857f), f, broadcast(-0.116756514f));
  p = fma(p, f, broadcast(0.118881628f));
  p = fma(p, f, broadcast(-0.124055892f));
  p = fma(p, f, broadcast(0.142195523f));
  p = fma(p, f, broadcast(-0.166679963f));
  p = fma(p, f, broadcast(0.200021192f));
  p = fma(p, f, broadcast(-0.250000089f));
  p = fma(p, f, broadcast(0.333333135f));
  p = fma(mul(p, f), f2, mul(e, broadcast(-2.12194440e-4f)));
  Vec y = fma(e, broadcast(0.693359375f), add(f, fma(f2, broadcast(-0.5f), p)));
  const Vec infinity = broadcast(__builtin_inff());
  y = select(lessThan(x, infinity), y, x);  // infinity and NaN as they are
  y = select(lessThan(x, zero()), broadcast(__builtin_nanf("")), y);
  return select(lessThan(zero(), absolute(x)), y, select(lessThan(absolute(x), broadcast(1.0f)), negate(infinity), y));
}

// 1 / (1 + e^-x) to 3 ulp.
COUNTERPOINT_INLINE Vec sigmoid(Vec x) {
  const Vec one = broadcast(1.0f);
  return div(one, add(one, exp(negate(x))));
}

// x * sigmoid(x).
COUNTERPOINT_INLINE Vec silu(Vec x) { return div(x, add(broadcast(1.0f), exp(negate(x)))); }

// Hyperbolic tangent to 3 ulp: 1 - 2 / (e^2|x| + 1) with the sign of x, an odd polynomial below 0.625.
COUNTERPOINT_INLINE Vec tanh(Vec x) {
  const Vec a = absolute(x), s = mul(x, x), one = broadcast(1.0f);
  Vec p = fma(broadcast(-0.0057049864f), s, broadcast(0.0206390861f));
  p = fma(p, s, broadcast(-0.0537397154f));
  p = fma(p, s, broadcast(0.133314416f));
  p = fma(p, s, broadcast(-0.333332807f));
  const Vec small = fma(mul(p, s), x, x);
  const Vec large = sub(one, div(broadcast(2.0f), add(exp(add(a, a)), one)));
  return bitOr(select(lessThan(a, broadcast(0.625f)), small, large), bitAnd(x, broadcast(-0.0f)));
}

// The distribution function of the standard normal, (1 + erf(x / sqrt 2)) / 2, to 4 ulp down to x = -5 (relative error
// grows with x^2 below, and the baseline's with it). P(-t) = e^(-t^2 / 2) g(t), g a polynomial in (t - 3) / (t + 3).
COUNTERPOINT_INLINE Vec normalCdf(Vec x) {
  const Vec three = broadcast(3.0f), one = broadcast(1.0f);
  const Vec t = min(broadcast(14.5f), absolute(x));
  const Vec u = div(sub(t, three), add(t, three));
  Vec g = fma(broadcast(-8.69917403e-06f), u, broadcast(-1.21486519e-05f));
  g = fma(g, u, broadcast(6.24817112e-05f));
  g = fma(g, u, broadcast(0.000130561079f));
  g = fma(g, u, broadcast(-0.000342945685f));
  g = fma(g, u, broadcast(-0.000990454806f));
  g = fma(g, u, broadcast(0.00290534785f));
  g = fma(g, u, broadcast(0.00613330957f));
  g = fma(g, u, broadcast(-0.0462134033f));
  g = fma(g, u, broadcast(0.123224951f));
  g = fma(g, u, broadcast(-0.206402615f));
  g = fma(g, u, broadcast(0.121513948f));
  // t^2 in two parts: the rounding error of the square would be magnified by t^2.
  const Vec square = mul(t, t), rest = fma(t, t, negate(square));
  const Vec tail = mul(mul(g, fnma(rest, broadcast(0.5f), one)), exp(mul(square, broadcast(-0.5f))));
  return select(lessThan(x, zero()), tail, sub(one, tail));
}

// x * normalCdf(x): the Gaussian error linear unit, exact form.
COUNTERPOINT_INLINE Vec gelu(Vec x) { return mul(x, normalCdf(x)); }

}  // namespace counterpoint::COUNTERPOINT_ISA
