// y = x * sigmoid(x) and its gradient; any shape, elementwise. See lib/ops/silu.ts.
#include "cpu/loops.h"
#include "generated/ops.h"

namespace counterpoint::COUNTERPOINT_ISA {

void silu(const Silu& op, Context& context) {
  map(context, op.x.size(), op.y.f32(), [](Vec x) { return silu(x); }, op.x.f32());
}

void siluGradient(const SiluGradient& op, Context& context) {
  map(
      context, op.x.size(), op.dx.f32(),
      [](Vec x, Vec dy) {
        const Vec one = broadcast(1.0f), s = sigmoid(x);
        return mul(mul(dy, s), fma(x, sub(one, s), one));
      },
      op.x.f32(), op.dy.f32());
}

}  // namespace counterpoint::COUNTERPOINT_ISA
