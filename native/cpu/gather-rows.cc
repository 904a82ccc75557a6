// y[n] = x[n, index[n]], and dx[n, index[n]] = dy[n] among zeros. An index outside the tokens stands for the nearest
// one.
#include <algorithm>

#include "generated/ops.h"

namespace counterpoint::COUNTERPOINT_ISA {

namespace {

// The row of [images * tokens, columns] that image n's index names.
int64_t rowOf(const Tensor& index, int64_t n, int64_t tokens) {
  return n * tokens + std::clamp<int64_t>(index.i32()[n], 0, tokens - 1);
}

}  // namespace

void gatherRows(const GatherRows& op, Context&) {
  const int64_t images = op.x.shape[0], tokens = op.x.shape[1], columns = op.x.columns();
  for (int64_t n = 0; n < images; ++n) {
    const float* from = op.x.f32() + rowOf(op.index, n, tokens) * op.x.rowStride;
    std::copy(from, from + columns, op.y.f32() + n * op.y.rowStride);
  }
}

void gatherRowsGradient(const GatherRowsGradient& op, Context& context) {
  const int64_t images = op.dx.shape[0], columns = op.dx.columns();
  context.parallel(images, [&](int64_t n, int) {
    const int64_t chosen = rowOf(op.index, n, op.tokens);
    for (int64_t row = n * op.tokens; row < (n + 1) * op.tokens; ++row) {
      float* to = op.dx.f32() + row * op.dx.rowStride;
      const float* from = op.dy.f32() + n * op.dy.rowStride;
      if (row == chosen) std::copy(from, from + columns, to);
      else std::fill(to, to + columns, 0.0f);
    }
  });
}

}  // namespace counterpoint::COUNTERPOINT_ISA
