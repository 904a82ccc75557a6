// y = x with `before` tokens of zeros in front of and `after` behind those of each image. See lib/ops/pad-tokens.ts.
#include "window.h"

namespace counterpoint::cuda {

void padTokens(const PadTokens& op, Launcher& launcher) {
  const int64_t channels = op.x.columns();
  window(launcher, op.y, op.y.shape[1] * channels, op.x, op.x.shape[1] * channels, -op.before * channels);
}

}  // namespace counterpoint::cuda
