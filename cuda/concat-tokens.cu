// y = the tokens of a and then those of b, for each image. See lib/ops/concat-tokens.ts.
#include "concat.h"

namespace counterpoint::cuda {

void concatTokens(const ConcatTokens& op, Launcher& launcher) {
  const int64_t channels = op.y.columns();
  concat(launcher, op.y, op.a, op.a.shape[1] * channels, op.b, op.b.shape[1] * channels);
}

}  // namespace counterpoint::cuda
