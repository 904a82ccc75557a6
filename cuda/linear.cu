// linear: see lib/ops/linear.ts. A convolution of one tap over images one pixel wide.
#include "convolution.h"

namespace counterpoint::cuda {

void linear(const Linear& op, Launcher& launcher) {
  const int64_t images = op.x.rank > 1 ? op.x.shape[0] : 1, columns = op.weight.shape[1];
  convolve({op.x, op.weight, op.bias, op.residual, op.y, images, op.x.rows() / images, 1, op.x.columns(), columns, 1, 1, 1,
            1, 0, columns},
           launcher);
}

}  // namespace counterpoint::cuda
