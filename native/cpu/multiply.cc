// y = a * b, elementwise.
#include "cpu/loops.h"
#include "generated/ops.h"

namespace counterpoint::COUNTERPOINT_ISA {

void multiply(const Multiply& op, Context& context) {
  map(context, op.a.size(), op.y.f32(), [](Vec a, Vec b) { return mul(a, b); }, op.a.f32(), op.b.f32());
}

}  // namespace counterpoint::COUNTERPOINT_ISA
