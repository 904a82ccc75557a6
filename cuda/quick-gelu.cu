// y = x * sigmoid(1.702 x); any shape, elementwise. See lib/ops/quick-gelu.ts.
#include "map.h"

namespace counterpoint::cuda {

namespace {
struct QuickGeluOf {
  DEVICE float operator()(float x) const { return x / (1.0f + expf(-1.702f * x)); }
};
}  // namespace

void quickGelu(const QuickGelu& op, Launcher& launcher) { map(launcher, op.y, QuickGeluOf{}, op.x); }

}  // namespace counterpoint::cuda
