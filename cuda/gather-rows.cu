// y[n] = x[n, index[n]], an index outside the tokens standing for the nearest one. See lib/ops/gather-rows.ts.
#include "gather.h"

namespace counterpoint::cuda {

namespace {
struct TokenOfIndex {
  const int32_t* index;
  int tokens;
  unsigned channels;
  DEVICE Place operator()(unsigned row, unsigned column) const {
    const int token = index[row], nearest = token < 0 ? 0 : token < tokens ? token : tokens - 1;
    return {0, (int64_t{row} * tokens + nearest) * channels + column};
  }
};
}  // namespace

void gatherRows(const GatherRows& op, Launcher& launcher) {
  const int64_t channels = op.y.columns();
  const int tokens = toInt(op.x.shape[1]);
  gather(launcher, op.y, channels, {&op.x}, {}, [&](int64_t elements) {
    return TokenOfIndex{op.index.i32(), tokens, countable(channels / elements)};
  });
}

}  // namespace counterpoint::cuda
