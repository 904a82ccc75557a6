// y = x * sigmoid(1.702 x) and its gradient; any shape, elementwise. See lib/ops/quick-gelu.ts.
#include "cpu/gelu.h"
#include "cpu/loops.h"
#include "generated/ops.h"

namespace counterpoint::COUNTERPOINT_ISA {

void quickGelu(const QuickGelu& op, Context& context) {
  map(context, op.x.size(), op.y.f32(), [](Vec x) { return quickGelu(x); }, op.x.f32());
}

void quickGeluGradient(const QuickGeluGradient& op, Context& context) {
  map(
      context, op.x.size(), op.dx.f32(),
      [](Vec x, Vec dy) {
        const Vec one = broadcast(1.0f), s = sigmoid(quickGeluScaled(x));
        return mul(mul(dy, s), fma(quickGeluScaled(x), sub(one, s), one));
      },
      op.x.f32(), op.dy.f32());
}

}  // namespace counterpoint::COUNTERPOINT_ISA
