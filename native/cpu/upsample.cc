// y[h][w] = x[h / 2][w / 2]: nearest, twice the size; NHWC.
#include "cpu/loops.h"
#include "generated/ops.h"

namespace counterpoint::COUNTERPOINT_ISA {

void upsample(const Upsample& op, Context& context) {
  const int64_t width = op.x.shape[2], channels = op.x.columns();
  const int64_t rows = op.x.shape[0] * op.x.shape[1];
  overRows(context, rows * 2, width * 2 * channels, [&](int64_t row) {
    const float* x = op.x.f32() + row / 2 * width * channels;
    float* y = op.y.f32() + row * width * 2 * channels;
    for (int64_t w = 0; w < width * 2; ++w) std::copy_n(x + w / 2 * channels, channels, y + w * channels);
  });
}

}  // namespace counterpoint::COUNTERPOINT_ISA
