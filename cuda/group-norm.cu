// groupNorm: see lib/ops/group-norm.ts and norms/group-norm.h.
#include "launcher.h"
#include "norms/group-norm.h"
#include "operands.h"
#include "tuning/norms.h"

namespace counterpoint::cuda {

namespace {

template <class T, int count>
void normalize(const GroupNormProblem<T>& g, Launcher& launcher) {
  const int64_t blocks = ceilDivide(g.positions, g.positionsPerBlock), packs = g.channels / count;
  const Grid parts{ceilDivide(g.images * blocks * packs, normThreads)};
  launcher.launch(groupMomentsKernel<T, count>, parts, normThreads, 0, g);
  launcher.launch(groupCoefficientsKernel<T>, {ceilDivide(int64_t{g.images} * g.groups, normThreads / 32)}, normThreads, 0, g);
  launcher.launch(groupNormalizeKernel<T, count>, parts, normThreads, 0, g);
}

}  // namespace

void groupNorm(const GroupNorm& op, Launcher& launcher) {
  const int64_t images = op.x.shape[0], channels = op.x.columns(), positions = op.x.rows() / images;
  const int64_t perBlock = positionsPerBlock(positions), blocks = ceilDivide(positions, perBlock);
  toInt(blocks * channels);  // the means that are merged
  withStorage(op.y.dtype, [&](auto zero) {
    using T = decltype(zero);
    const GroupNormProblem<T> g{static_cast<const T*>(op.x.data),
                                op.gamma.f32(),
                                op.beta.f32(),
                                static_cast<const T*>(op.scale.data),
                                static_cast<const T*>(op.shift.data),
                                static_cast<T*>(op.y.data),
                                launcher.scratch<float>(images * blocks * 2 * channels),
                                launcher.scratch<float>(images * 3 * channels),
                                toInt(images),
                                toInt(positions),
                                toInt(channels),
                                toInt(op.groups),
                                toInt(perBlock),
                                static_cast<float>(op.eps),
                                op.activation == GroupNormActivation::silu};
    if (channels % pieceSize<T> == 0 && beginWhole({g.x, g.y})) normalize<T, pieceSize<T>>(g, launcher);
    else normalize<T, 1>(g, launcher);
  });
}

}  // namespace counterpoint::cuda
