// y = a + b; any shape, elementwise. See lib/ops/add.ts.
#include "map.h"

namespace counterpoint::cuda {

namespace {
struct Sum {
  DEVICE float operator()(float a, float b) const { return a + b; }
};
}  // namespace

void add(const Add& op, Launcher& launcher) { map(launcher, op.y, Sum{}, op.a, op.b); }

}  // namespace counterpoint::cuda
