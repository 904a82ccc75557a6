// y = x * normalCdf(x) and its gradient; any shape, elementwise. See lib/ops/gelu.ts.
#include "cpu/gelu.h"

#include "cpu/loops.h"
#include "generated/ops.h"

namespace counterpoint::COUNTERPOINT_ISA {

void gelu(const Gelu& op, Context& context) {
  map(context, op.x.size(), op.y.f32(), [](Vec x) { return gelu(x); }, op.x.f32());
}

void geluGradient(const GeluGradient& op, Context& context) {
  map(
      context, op.x.size(), op.dx.f32(), [](Vec x, Vec dy) { return mul(dy, geluSlope(x)); }, op.x.f32(), op.dy.f32());
}

}  // namespace counterpoint::COUNTERPOINT_ISA
