// y[row] = x[row][begin … begin + count).
#include "cpu/loops.h"
#include "generated/ops.h"

namespace counterpoint::COUNTERPOINT_ISA {

void sliceChannels(const SliceChannels& op, Context& context) {
  copyRows(context, op.x.rows(), op.count, op.x.f32() + op.begin, op.x.columns(), op.y.f32(), op.count);
}

}  // namespace counterpoint::COUNTERPOINT_ISA
