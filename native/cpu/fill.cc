// y = value everywhere.
#include "cpu/loops.h"
#include "generated/ops.h"

namespace counterpoint::COUNTERPOINT_ISA {

void fill(const Fill& op, Context& context) {
  const Vec value = broadcast(static_cast<float>(op.value));
  map(context, op.y.size(), op.y.f32(), [value] { return value; });
}

}  // namespace counterpoint::COUNTERPOINT_ISA
