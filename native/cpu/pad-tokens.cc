// y[n] = `before` tokens of zeros, x[n], `after` tokens of zeros.
#include "cpu/loops.h"
#include "generated/ops.h"

namespace counterpoint::COUNTERPOINT_ISA {

void padTokens(const PadTokens& op, Context& context) {
  const int64_t images = op.x.shape[0], channels = op.x.columns();
  const int64_t size = op.x.shape[1] * channels, padded = op.y.shape[1] * channels;
  const int64_t before = op.before * channels, after = op.after * channels;
  overRows(context, images, padded, [&](int64_t n) {
    float* y = op.y.f32() + n * padded;
    std::fill_n(y, before, 0.0f);
    std::copy_n(op.x.f32() + n * size, size, y + before);
    std::fill_n(y + before + size, after, 0.0f);
  });
}

}  // namespace counterpoint::COUNTERPOINT_ISA
