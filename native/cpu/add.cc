// y = a + b, elementwise.
#include "cpu/loops.h"
#include "generated/ops.h"

namespace counterpoint::COUNTERPOINT_ISA {

void add(const Add& op, Context& context) {
  map(context, op.a.size(), op.y.f32(), [](Vec a, Vec b) { return add(a, b); }, op.a.f32(), op.b.f32());
}

}  // namespace counterpoint::COUNTERPOINT_ISA
