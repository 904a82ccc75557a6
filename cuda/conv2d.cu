// conv2d: see lib/ops/conv2d.ts.
#include "convolution.h"

namespace counterpoint::cuda {

void conv2d(const Conv2d& op, Launcher& launcher) {
  const auto& x = op.x.shape;
  const int64_t kernel = op.weight.shape[0], columns = op.weight.shape[3];
  convolve({op.x, op.weight, op.bias, op.residual, op.y, x[0], x[1], x[2], x[3], columns, kernel, op.stride, op.upsample,
            1, x[3] * columns, columns},
           launcher);
}

}  // namespace counterpoint::cuda
