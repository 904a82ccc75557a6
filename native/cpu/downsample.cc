// y[h][w] = mean of x[2h … 2h + 1][2w … 2w + 1]; NHWC.
#include "cpu/loops.h"
#include "generated/ops.h"

namespace counterpoint::COUNTERPOINT_ISA {

void downsample(const Downsample& op, Context& context) {
  const int64_t width = op.y.shape[2], channels = op.x.columns();
  const int64_t rows = op.y.shape[0] * op.y.shape[1];
  overRows(context, rows, width * channels, [&](int64_t row) {
    for (int64_t w = 0; w < width; ++w) {
      const float* upper = op.x.f32() + (row * 2 * width + w) * 2 * channels;
      const float* lower = upper + width * 2 * channels;
      float* y = op.y.f32() + (row * width + w) * channels;
      overLanes(0, channels, [&](int64_t c, auto lane) {
        const Vec top = add(lane.read(upper + c), lane.read(upper + channels + c));
        const Vec bottom = add(lane.read(lower + c), lane.read(lower + channels + c));
        lane.write(y + c, mul(broadcast(0.25f), add(top, bottom)));
      });
    }
  });
}

}  // namespace counterpoint::COUNTERPOINT_ISA
