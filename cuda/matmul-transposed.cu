// matmulTransposed: see lib/ops/matmul-transposed.ts. A linear layer whose weight is b, as it lies.
#include "convolution.h"

namespace counterpoint::cuda {

void matmulTransposed(const MatmulTransposed& op, Launcher& launcher) {
  const int64_t depth = op.a.columns();
  convolve({op.a, op.b, {}, {}, op.y, op.a.rows(), 1, 1, depth, op.b.rows(), 1, 1, 1, depth, 0, 1}, launcher);
}

}  // namespace counterpoint::cuda
