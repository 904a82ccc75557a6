// y = x / 127.5 - 1, from bytes. See lib/ops/from-rgb8.ts.
#include "loops.h"

namespace counterpoint::cuda {

namespace {
struct FromRgb8Body {
  const uint8_t* x;
  float* y;
  DEVICE void operator()(unsigned i) const { y[i] = static_cast<float>(x[i]) / 127.5f - 1.0f; }
};
}  // namespace

void fromRgb8(const FromRgb8& op, Launcher& launcher) {
  overElements(launcher, op.x.size(), FromRgb8Body{op.x.u8(), op.y.f32()});
}

}  // namespace counterpoint::cuda
