// y[n, t] = x[n, begin + t]. See lib/ops/slice-tokens.ts.
#include "window.h"

namespace counterpoint::cuda {

void sliceTokens(const SliceTokens& op, Launcher& launcher) {
  const int64_t channels = op.x.columns();
  window(launcher, op.y, op.y.shape[1] * channels, op.x, op.x.shape[1] * channels, op.begin * channels);
}

}  // namespace counterpoint::cuda
