// y = x * sigmoid(x); any shape, elementwise. See lib/ops/silu.ts.
#include "map.h"

namespace counterpoint::cuda {

namespace {
struct SiluOf {
  DEVICE float operator()(float x) const { return x / (1.0f + expf(-x)); }
};
}  // namespace

void silu(const Silu& op, Launcher& launcher) { map(launcher, op.y, SiluOf{}, op.x); }

}  // namespace counterpoint::cuda
