// target = value.
#include "cpu/loops.h"
#include "generated/ops.h"

namespace counterpoint::COUNTERPOINT_ISA {

void store(const Store& op, Context& context) {
  map(context, op.value.size(), op.target.f32(), [](Vec value) { return value; }, op.value.f32());
}

}  // namespace counterpoint::COUNTERPOINT_ISA
