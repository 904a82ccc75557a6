// Gaussian error linear units, as far as more than one kernel has them.
#pragma once
#include "cpu/simd.h"

namespace counterpoint::COUNTERPOINT_ISA {

// The slope of x * normalCdf(x).
COUNTERPOINT_INLINE Vec geluSlope(Vec x) {
  const Vec density = mul(broadcast(0.398942280f), exp(mul(mul(x, x), broadcast(-0.5f))));
  return fma(x, density, normalCdf(x));
}

COUNTERPOINT_INLINE Vec quickGeluScaled(Vec x) { return mul(broadcast(1.702f), x); }

// x * sigmoid(1.702 x).
COUNTERPOINT_INLINE Vec quickGelu(Vec x) { return mul(x, sigmoid(quickGeluScaled(x))); }

}  // namespace counterpoint::COUNTERPOINT_ISA
