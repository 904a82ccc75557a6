// y = factor * x, elementwise.
#include "cpu/loops.h"
#include "generated/ops.h"

namespace counterpoint::COUNTERPOINT_ISA {

void scaleBy(const ScaleBy& op, Context& context) {
  const Vec factor = broadcast(static_cast<float>(op.factor));
  map(context, op.x.size(), op.y.f32(), [factor](Vec x) { return mul(factor, x); }, op.x.f32());
}

}  // namespace counterpoint::COUNTERPOINT_ISA
