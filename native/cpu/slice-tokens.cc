// y[n][t] = x[n][begin + t].
#include "cpu/loops.h"
#include "generated/ops.h"

namespace counterpoint::COUNTERPOINT_ISA {

void sliceTokens(const SliceTokens& op, Context& context) {
  const int64_t images = op.x.shape[0], channels = op.x.columns();
  const int64_t source = op.x.shape[1] * channels, target = op.count * channels;
  copyRows(context, images, target, op.x.f32() + op.begin * channels, source, op.y.f32(), target);
}

}  // namespace counterpoint::COUNTERPOINT_ISA
