// The slope of x * normalCdf(x), which its gradient and that of the gated unit share.
#pragma once
#include "cpu/simd.h"

namespace counterpoint::COUNTERPOINT_ISA {

COUNTERPOINT_INLINE Vec geluSlope(Vec x) {
  const Vec density = mul(broadcast(0.398942280f), exp(mul(mul(x, x), broadcast(-0.5f))));
  return fma(x, density, normalCdf(x));
}

}  // namespace counterpoint::COUNTERPOINT_ISA
