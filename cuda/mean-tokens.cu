// y[n, c] = mean over the positions p of x[n, p, c]. See lib/ops/mean-tokens.ts.
//
// A block has 32 channels of an image: lane l sums channel l over the positions w, w + 8, ... of its warp w, and the first
// warp adds the eight sums.
#include "loops.h"

namespace counterpoint::cuda {

namespace {

constexpr int meanWarps = 8;

template <class T>
struct MeanTokensArguments {
  const T* x;
  T* y;
  unsigned positions, channels;
};

template <class T>
KERNEL(32 * meanWarps)
void meanTokensKernel(MeanTokensArguments<T> g) {
  float* sums = sharedMemory<float>();  // [meanWarps, 32]
  const unsigned n = blockIndex().y, c = blockIndex().x * 32 + static_cast<unsigned>(laneIndex());
  float sum = 0;
  if (c < g.channels) {
    const T* x = g.x + int64_t{n} * g.positions * g.channels + c;
    for (unsigned p = static_cast<unsigned>(warpIndex()); p < g.positions; p += meanWarps) {
      sum += toFloat(x[int64_t{p} * g.channels]);
    }
  }
  sums[threadIndex()] = sum;
  synchronize();
  if (warpIndex() != 0 || c >= g.channels) return;
  for (int w = 1; w < meanWarps; ++w) sum += sums[32 * w + laneIndex()];
  g.y[int64_t{n} * g.channels + c] = round<T>(sum / static_cast<float>(g.positions));
}

}  // namespace

void meanTokens(const MeanTokens& op, Launcher& launcher) {
  withStorage(op.y.dtype, [&](auto zero) {
    using T = decltype(zero);
    const int64_t images = op.y.shape[0], channels = op.y.shape[1];
    const MeanTokensArguments<T> arguments{static_cast<const T*>(op.x.data), static_cast<T*>(op.y.data),
                                           countable(op.x.size() / op.y.size()), countable(channels)};
    launcher.launch(meanTokensKernel<T>, {ceilDivide(channels, 32), images}, 32 * meanWarps,
                    32 * meanWarps * sizeof(float), arguments);
  });
}

}  // namespace counterpoint::cuda
