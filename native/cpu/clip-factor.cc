// y = min(1, maxNorm / sqrt(sum)); NaN where the sum is.
#include "cpu/loops.h"
#include "generated/ops.h"

namespace counterpoint::COUNTERPOINT_ISA {

void clipFactor(const ClipFactor& op, Context&) {
  const float factor = static_cast<float>(op.maxNorm / __builtin_sqrt(static_cast<double>(*op.sum.f32())));
  *op.y.f32() = factor > 1.0f ? 1.0f : factor;
}

}  // namespace counterpoint::COUNTERPOINT_ISA
