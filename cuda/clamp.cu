// y = min(max(x, low), high); any shape, elementwise. See lib/ops/clamp.ts.
#include "map.h"

namespace counterpoint::cuda {

namespace {
struct Clamped {
  float low, high;
  DEVICE float operator()(float x) const { return x < low ? low : x > high ? high : x; }
};
}  // namespace

void clamp(const Clamp& op, Launcher& launcher) {
  map(launcher, op.y, Clamped{static_cast<float>(op.low), static_cast<float>(op.high)}, op.x);
}

}  // namespace counterpoint::cuda
