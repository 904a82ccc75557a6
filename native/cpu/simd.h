// The words that CPU kernels are written in: a vector of floats and its functions.
//
// Sources in native/cpu are compiled once per instruction set, into a namespace of its own, so everything here lives in
// `counterpoint::COUNTERPOINT_ISA`. A folder beside this file has one header for each: the type `Vec` of `lanes` floats
// and the words that need instructions of their own. Of these, all have the same:
//
//   load, store, loadPart, storePart   whole vectors; the first `count` (0 to lanes) floats, zeros behind, touching no
//                                      other memory
//   storePast, settle                  a store to an aligned address past the caches, where there is one, for much that is not
//                                      read again soon, or not by this core; `settle` before anybody reads it
//   broadcast, zero, transpose         `lanes` vectors as the rows of a matrix are transposed in place
//   add, sub, mul, div, sqrt, fma, fnma, accumulate
//                                      fma is a b + c, fnma c - a b, accumulate sum += a b, rounded once where
//                                      `fusedMultiplyAdd`
//   min, max                           the lesser (greater) of each lane; the second where either is NaN
//   lessThan, select, bitAnd, bitOr, bitAndNot
//                                      lessThan is all ones or all zeros in each lane; select(mask, a, b) is `a` where the
//                                      mask is ones; bitAndNot is ~a & b
//   detail::powerOfTwo                 2^n for the integer n held as 1.5 * 2^23 + n, -126 <= n <= 127
//   detail::splitExponent              exponent of a positive normal number as a float, and its mantissa in [1, 2)
//   vectorRegisters                    how many `Vec` the registers hold
//   load(const uint16_t*)              bf16, widened
//   halvesUp, halvesDown               every lane's lower 16 bits as its upper ones, and the reverse; zeros for the others
//
// And where there are products of bf16, as COUNTERPOINT_PAIR_PRODUCTS says:
//
//   roundToPairs                       the floats of two vectors as bf16 in one, in their order, to nearest, of two equally
//                                      near the even one
//   roundAbreast                       the same, but lane i holds those of lane i of both
//   accumulatePairs                    sum += a[0] b[0] + a[1] b[1], of the two bf16 in each lane
//
// Instruction sets agree with each other to rounding, not bit for bit: they fuse or do not, and sum over other lanes.
//
// The elementary functions below are branch-free, treat every lane alike and pass NaN on. Their polynomials are minimax
// fits in relative error (Lawson's iteration on Chebyshev points, coefficients rounded to f32); test/native/kernels.cc
// holds them against f64. To keep the bits of a value independent of its place in a row, handle tails with `loadPart` and
// `storePart` rather than with scalar code.
#pragma once

#if defined(__AVX512BF16__)
#include "cpu/simd/avx512bf16.h"
#elif defined(__AVX512F__)
#include "cpu/simd/avx512.h"
#elif defined(__AVX2__)
#include "cpu/simd/avx2.h"
#elif defined(__x86_64__)
#include "cpu/simd/sse2.h"
#elif defined(__aarch64__)
#include "cpu/simd/neon.h"
#else
#error "Kernels are written for x86-64 and 64-bit ARM."
#endif

namespace counterpoint::COUNTERPOINT_ISA {

#ifdef COUNTERPOINT_PAIR_PRODUCTS
constexpr bool pairProducts = true;
#else
constexpr bool pairProducts = false;
#endif

// The first `count` (0 to lanes) of bf16 widened, zeros behind.
COUNTERPOINT_INLINE Vec loadPart(const uint16_t* p, int64_t count) {
  uint16_t part[lanes] = {};
  for (int64_t i = 0; i < count; ++i) part[i] = p[i];
  return load(part);
}

COUNTERPOINT_INLINE Vec negate(Vec a) { return sub(broadcast(-0.0f), a); }
COUNTERPOINT_INLINE Vec absolute(Vec a) { return bitAndNot(broadcast(-0.0f), a); }

// Two bf16 in each lane, the lower one first: of floats that bf16 holds, and widened again.
COUNTERPOINT_INLINE Vec pairsOf(Vec first, Vec second) { return bitOr(halvesDown(first), second); }
COUNTERPOINT_INLINE Vec firstOfPairs(Vec pairs) { return halvesUp(pairs); }
COUNTERPOINT_INLINE Vec secondOfPairs(Vec pairs) { return halvesUp(halvesDown(pairs)); }

// The sum of the lanes, the upper half added to the lower until one is left.
COUNTERPOINT_INLINE float sumOfLanes(Vec v) {
  alignas(64) float x[lanes];
  store(x, v);
  COUNTERPOINT_UNROLL
  for (int64_t half = lanes / 2; half > 0; half /= 2) {
    COUNTERPOINT_UNROLL
    for (int64_t i = 0; i < half; ++i) x[i] += x[i + half];
  }
  return x[0];
}

// The greatest lane; NaN lanes may be passed over.
COUNTERPOINT_INLINE float maxOfLanes(Vec v) {
  alignas(64) float x[lanes];
  store(x, v);
  float greatest = x[0];
  for (int64_t i = 1; i < lanes; ++i) greatest = x[i] > greatest ? x[i] : greatest;
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

// 2^x to 2 ulp for x < 128, cheaper than `exp`; 0 below -126.5.
COUNTERPOINT_INLINE Vec exp2(Vec x) {
  const Vec magic = broadcast(12582912.0f);
  x = max(broadcast(-127.0f), x);  // 2^-127 comes out as 0
  const Vec shifted = add(x, magic), f = sub(x, sub(shifted, magic));
  Vec p = fma(broadcast(0.00132695341f), f, broadcast(0.00967129227f));
  p = fma(p, f, broadcast(0.0555071086f));
  p = fma(p, f, broadcast(0.240222469f));
  p = fma(p, f, broadcast(0.693147004f));
  p = fma(p, f, broadcast(1.0f));
  return mul(p, detail::powerOfTwo(shifted));
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
