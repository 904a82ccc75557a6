// y[n][t] = x[n].
#include "cpu/loops.h"
#include "generated/ops.h"

namespace counterpoint::COUNTERPOINT_ISA {

void expandTokens(const ExpandTokens& op, Context& context) {
  const int64_t channels = op.x.columns();
  overRows(context, op.x.shape[0] * op.tokens, channels, [&](int64_t row) {
    std::copy_n(op.x.f32() + row / op.tokens * channels, channels, op.y.f32() + row * channels);
  });
}

}  // namespace counterpoint::COUNTERPOINT_ISA
