// y[h * block + i][w * block + j][c] = x[h][w][(i * block + j) * C + c]; NHWC. Runs of block * C floats stay together.
#include "cpu/loops.h"
#include "generated/ops.h"

namespace counterpoint::COUNTERPOINT_ISA {

void shuffle(const Shuffle& op, Context& context) {
  const int64_t width = op.x.shape[2], run = op.block * op.y.columns();
  const int64_t rows = op.y.shape[0] * op.y.shape[1];
  overRows(context, rows, width * run, [&](int64_t row) {
    const float* x = op.x.f32() + (row / op.block * width * op.block + row % op.block) * run;
    float* y = op.y.f32() + row * width * run;
    for (int64_t w = 0; w < width; ++w) std::copy_n(x + w * op.block * run, run, y + w * run);
  });
}

}  // namespace counterpoint::COUNTERPOINT_ISA
