// y[c] = sum over rows of x[row, c]: the gradient of a bias.
#include <algorithm>

#include "generated/ops.h"

namespace counterpoint::COUNTERPOINT_ISA {

// Blocks of rows are summed first and their sums then added in order: rounding errors stay those of short chains, and
// the order follows from the number of rows, whoever sums which block.
void sumRows(const SumRows& op, Context& context) {
  constexpr int64_t blockRows = 256;
  const int64_t rows = op.x.rows(), columns = op.x.columns(), blocks = (rows + blockRows - 1) / blockRows;
  float* sums = context.scratch(static_cast<size_t>(blocks * columns));
  context.parallel(blocks, [&](int64_t block, int) {
    float* sum = sums + block * columns;
    std::fill(sum, sum + columns, 0.0f);
    for (int64_t row = block * blockRows; row < std::min(rows, (block + 1) * blockRows); ++row) {
      const float* x = op.x.f32() + row * op.x.rowStride;
      for (int64_t c = 0; c < columns; ++c) sum[c] += x[c];
    }
  });
  float* y = op.y.f32();
  std::copy(sums, sums + columns, y);
  for (int64_t block = 1; block < blocks; ++block) {
    for (int64_t c = 0; c < columns; ++c) y[c] += sums[block * columns + c];
  }
}

}  // namespace counterpoint::COUNTERPOINT_ISA
