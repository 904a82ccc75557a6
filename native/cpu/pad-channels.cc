// y[row] = `before` zeros, x[row], `after` zeros.
#include "cpu/loops.h"
#include "generated/ops.h"

namespace counterpoint::COUNTERPOINT_ISA {

void padChannels(const PadChannels& op, Context& context) {
  const int64_t channels = op.x.columns(), padded = op.y.columns();
  overRows(context, op.y.rows(), padded, [&](int64_t row) {
    float* y = op.y.f32() + row * padded;
    std::fill_n(y, op.before, 0.0f);
    std::copy_n(op.x.f32() + row * channels, channels, y + op.before);
    std::fill_n(y + op.before + channels, op.after, 0.0f);
  });
}

}  // namespace counterpoint::COUNTERPOINT_ISA
