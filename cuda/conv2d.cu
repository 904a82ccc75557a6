// conv2d and conv2dWithMoments: see lib/ops/conv2d.ts.
#include "convolution.h"

namespace counterpoint::cuda {

namespace {
// `Op` is Conv2d or Conv2dWithMoments.
template <class Op>
Convolution convolutionOf(const Op& op) {
  const auto& x = op.x.shape;
  const int64_t kernel = op.weight.shape[0], channels = op.weight.shape[2], columns = op.weight.shape[3];
  Convolution convolution{op.x, op.weight, op.bias, op.residual, op.y,        x[0],        x[1],
                          x[2], channels,  columns, kernel,      op.stride, op.upsample, 1, channels * columns, columns};
  convolution.more = op.more;
  return convolution;
}
}  // namespace

void conv2d(const Conv2d& op, Launcher& launcher) { convolve(convolutionOf(op), launcher); }

void conv2dWithMoments(const Conv2dWithMoments& op, Launcher& launcher) {
  Convolution convolution = convolutionOf(op);
  convolution.moments = op.moments.f32();
  convolution.block = op.block;
  convolve(convolution, launcher);
}

}  // namespace counterpoint::cuda
