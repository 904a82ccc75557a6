// y = factor * x; any shape, elementwise. See lib/ops/scale-by.ts.
#include "map.h"

namespace counterpoint::cuda {

namespace {
struct Scale {
  float factor;
  DEVICE float operator()(float x) const { return factor * x; }
};
}  // namespace

void scaleBy(const ScaleBy& op, Launcher& launcher) {
  map(launcher, op.y, Scale{static_cast<float>(op.factor)}, op.x);
}

}  // namespace counterpoint::cuda
