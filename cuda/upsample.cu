// y[h, w] = x[h / 2, w / 2]. Images are [N, H, W, C]. See lib/ops/upsample.ts.
#include "gather.h"

namespace counterpoint::cuda {

namespace {
struct NearestPixel {
  unsigned width, channels;  // of x
  DEVICE Place operator()(unsigned pixel, unsigned column) const {
    const unsigned row = pixel / (2 * width);  // counts through the images: their heights are even
    return {0, (int64_t{row / 2} * width + pixel % (2 * width) / 2) * channels + column};
  }
};
}  // namespace

void upsample(const Upsample& op, Launcher& launcher) {
  const int64_t channels = op.x.columns();
  gather(launcher, op.y, channels, {&op.x}, {}, [&](int64_t elements) {
    return NearestPixel{countable(op.x.shape[2]), countable(channels / elements)};
  });
}

}  // namespace counterpoint::cuda
