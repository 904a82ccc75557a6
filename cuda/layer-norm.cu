// layerNorm: see lib/ops/layer-norm.ts and norms/layer-norm.h.
#include "norms/layer-norm.h"

#include "launcher.h"
#include "operands.h"

namespace counterpoint::cuda {

void layerNorm(const LayerNorm& op, Launcher& launcher) {
  const int64_t rows = op.x.rows(), channels = op.x.columns();
  withStorage(op.y.dtype, [&](auto zero) {
    using T = decltype(zero);
    const LayerNormProblem<T> l{static_cast<const T*>(op.x.data), op.gamma.f32(),  op.beta.f32(),
                                static_cast<T*>(op.y.data),       toInt(rows), toInt(channels),
                                static_cast<float>(op.eps)};
    const bool whole = channels % pieceSize<T> == 0 && beginWhole({l.x, l.y});
    const auto kernel = whole ? layerNormKernel<T, pieceSize<T>> : layerNormKernel<T, 1>;
    launcher.launch(kernel, {ceilDivide(rows, normThreads / 32)}, normThreads, 0, l);
  });
}

}  // namespace counterpoint::cuda
