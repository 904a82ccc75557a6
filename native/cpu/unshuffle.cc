// y[h][w][(i * block + j) * C + c] = x[h * block + i][w * block + j][c]; NHWC. Runs of block * C floats stay together.
#include "cpu/loops.h"
#include "generated/ops.h"

namespace counterpoint::COUNTERPOINT_ISA {

void unshuffle(const Unshuffle& op, Context& context) {
  const int64_t width = op.y.shape[2], run = op.block * op.x.columns();
  const int64_t rows = op.x.shape[0] * op.x.shape[1];
  overRows(context, rows, width * run, [&](int64_t row) {
    const float* x = op.x.f32() + row * width * run;
    float* y = op.y.f32() + (row / op.block * width * op.block + row % op.block) * run;
    for (int64_t w = 0; w < width; ++w) std::copy_n(x + w * run, run, y + w * op.block * run);
  });
}

}  // namespace counterpoint::COUNTERPOINT_ISA
