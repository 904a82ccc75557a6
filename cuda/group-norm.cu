// groupNorm and groupMoments: see lib/ops/group-norm.ts and norms/group-norm.h.
#include "moments.h"
#include "norms/group-norm.h"
#include "operands.h"
#include "tuning/norms.h"

namespace counterpoint::cuda {

namespace {

template <class T, int count>
Grid partsOf(const GroupNormProblem<T>& g) {
  return {ceilDivide(g.images * ceilDivide(g.positions, g.positionsPerBlock) * (g.channels / count), normThreads)};
}

template <class T, int count>
void launchMoments(const GroupNormProblem<T>& g, Launcher& launcher) {
  launcher.launch(groupMomentsKernel<T, count>, partsOf<T, count>(g), normThreads, 0, g);
}

// Of `given` moments, unless there are none.
template <class T, int count>
void normalize(const GroupNormProblem<T>& g, const Tensor& given, Launcher& launcher) {
  if (!given) launchMoments<T, count>(g, launcher);
  GroupNormProblem<T> merged = g;
  if (given) merged.moments = given.f32(), merged.positionsPerBlock = g.positions / toInt(given.shape[1]);
  const Grid groups{ceilDivide(int64_t{g.images} * g.groups, normThreads / 32)};
  launcher.launch(groupCoefficientsKernel<T>, groups, normThreads, 0, merged);
  launcher.launch(groupNormalizeKernel<T, count>, partsOf<T, count>(g), normThreads, 0, g);
}

}  // namespace

void momentsOf(const Tensor& x, int64_t block, float* moments, Launcher& launcher) {
  withStorage(x.dtype, [&](auto zero) {
    using T = decltype(zero);
    GroupNormProblem<T> g{};
    g.x = static_cast<const T*>(x.data), g.moments = moments;
    g.images = toInt(x.shape[0]), g.positions = toInt(x.rows() / x.shape[0]), g.channels = toInt(x.columns());
    g.positionsPerBlock = toInt(block);
    if (g.channels % pieceSize<T> == 0 && beginWhole({g.x})) launchMoments<T, pieceSize<T>>(g, launcher);
    else launchMoments<T, 1>(g, launcher);
  });
}

void groupMoments(const GroupMoments& op, Launcher& launcher) {
  momentsOf(op.x, op.block, op.moments.f32(), launcher);
}

void groupNorm(const GroupNorm& op, Launcher& launcher) {
  const int64_t images = op.x.shape[0], positions = op.x.rows() / images;
  const int64_t channels = op.gamma.columns(), moreChannels = op.more ? op.more.columns() : 0;
  const int64_t perBlock = positionsPerBlock(positions), blocks = ceilDivide(positions, perBlock);
  toInt((op.moments ? op.moments.shape[1] : blocks) * channels);  // the means that are merged
  withStorage(op.y.dtype, [&](auto zero) {
    using T = decltype(zero);
    const GroupNormProblem<T> g{static_cast<const T*>(op.x.data),
                                op.gamma.f32(),
                                op.beta.f32(),
                                static_cast<const T*>(op.scale.data),
                                static_cast<const T*>(op.shift.data),
                                static_cast<T*>(op.y.data),
                                op.moments ? nullptr : launcher.scratch<float>(images * blocks * 2 * channels),
                                launcher.scratch<float>(images * 3 * channels),
                                toInt(images),
                                toInt(positions),
                                toInt(channels),
                                toInt(op.groups),
                                toInt(perBlock),
                                static_cast<float>(op.eps),
                                op.activation == GroupNormActivation::silu,
                                static_cast<const T*>(op.more.data),
                                toInt(moreChannels)};
    const bool whole =
        channels % pieceSize<T> == 0 && moreChannels % pieceSize<T> == 0 && beginWhole({g.x, g.more, g.y});
    if (whole) normalize<T, pieceSize<T>>(g, op.moments, launcher);
    else normalize<T, 1>(g, op.moments, launcher);
  });
}

}  // namespace counterpoint::cuda
