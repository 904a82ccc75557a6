// y = min(max(x, low), high) and its gradient; NaN stays NaN.
#include "cpu/loops.h"
#include "generated/ops.h"

namespace counterpoint::COUNTERPOINT_ISA {

void clamp(const Clamp& op, Context& context) {
  const Vec low = broadcast(static_cast<float>(op.low)), high = broadcast(static_cast<float>(op.high));
  map(context, op.x.size(), op.y.f32(), [=](Vec x) { return min(high, max(low, x)); }, op.x.f32());
}

void clampGradient(const ClampGradient& op, Context& context) {
  const Vec low = broadcast(static_cast<float>(op.low)), high = broadcast(static_cast<float>(op.high));
  map(
      context, op.x.size(), op.dx.f32(),
      [=](Vec x, Vec dy) {
        const Vec outside = bitOr(lessThan(x, low), lessThan(high, x));
        return bitAndNot(outside, dy);
      },
      op.x.f32(), op.dy.f32());
}

}  // namespace counterpoint::COUNTERPOINT_ISA
