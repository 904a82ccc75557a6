// y[h, w] = mean of the four x[2h + 0..1, 2w + 0..1]. Images are [N, H, W, C]. See lib/ops/downsample.ts.
#include "loops.h"

namespace counterpoint::cuda {

namespace {
template <class T>
struct DownsampleBody {
  const T* x;
  T* y;
  unsigned width, channels;  // of y
  DEVICE void operator()(unsigned i) const {
    const unsigned pixel = i / channels, row = pixel / width;  // rows count through the images: their heights are even
    const T* corner = x + (int64_t{4} * row * width + 2 * (pixel % width)) * channels + i % channels;
    const T* below = corner + int64_t{2} * width * channels;
    const float sum = (toFloat(corner[0]) + toFloat(corner[channels])) + (toFloat(below[0]) + toFloat(below[channels]));
    y[i] = round<T>(0.25f * sum);
  }
};
}  // namespace

void downsample(const Downsample& op, Launcher& launcher) {
  withStorage(op.y.dtype, [&](auto zero) {
    using T = decltype(zero);
    const DownsampleBody<T> body{static_cast<const T*>(op.x.data), static_cast<T*>(op.y.data),
                                 countable(op.y.shape[2]), countable(op.y.columns())};
    overElements(launcher, op.y.size(), body);
  });
}

}  // namespace counterpoint::cuda
