// y = x / sqrt(sum of squares + eps) over the channels of each row; a warp a row. See lib/ops/l2-normalize.ts.
#include <cmath>

#include "loops.h"

namespace counterpoint::cuda {

namespace {

constexpr int rowWarps = 4;

template <class T>
struct L2NormalizeArguments {
  const T* x;
  T* y;
  int64_t rows;
  unsigned channels;
  float eps;
};

template <class T>
KERNEL(32 * rowWarps)
void l2NormalizeKernel(L2NormalizeArguments<T> g) {
  const int64_t row = int64_t{blockIndex().x} * rowWarps + warpIndex();
  if (row >= g.rows) return;
  const T* x = g.x + row * g.channels;
  float sum = 0;
  for (unsigned c = static_cast<unsigned>(laneIndex()); c < g.channels; c += 32) sum += toFloat(x[c]) * toFloat(x[c]);
  for (int mask = 16; mask > 0; mask /= 2) sum += shuffleXor(sum, mask);
  const float length = sqrtf(sum + g.eps);
  for (unsigned c = static_cast<unsigned>(laneIndex()); c < g.channels; c += 32) {
    g.y[row * g.channels + c] = round<T>(toFloat(x[c]) / length);
  }
}

}  // namespace

void l2Normalize(const L2Normalize& op, Launcher& launcher) {
  withStorage(op.y.dtype, [&](auto zero) {
    using T = decltype(zero);
    const L2NormalizeArguments<T> arguments{static_cast<const T*>(op.x.data), static_cast<T*>(op.y.data), op.x.rows(),
                                            countable(op.x.columns()), static_cast<float>(op.eps)};
    launcher.launch(l2NormalizeKernel<T>, {ceilDivide(op.x.rows(), rowWarps)}, 32 * rowWarps, 0, arguments);
  });
}

}  // namespace counterpoint::cuda
