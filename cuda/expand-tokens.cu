// y[n, t] = x[n]. See lib/ops/expand-tokens.ts.
#include "gather.h"

namespace counterpoint::cuda {

namespace {
struct Repeat {
  unsigned tokens, channels;
  DEVICE Place operator()(unsigned row, unsigned column) const { return {0, int64_t{row / tokens} * channels + column}; }
};
}  // namespace

void expandTokens(const ExpandTokens& op, Launcher& launcher) {
  const int64_t channels = op.x.columns();
  gather(launcher, op.y, channels, {&op.x}, {}, [&](int64_t elements) {
    return Repeat{countable(op.tokens), countable(channels / elements)};
  });
}

}  // namespace counterpoint::cuda
