// target = clamp(floor((x + 1) * 127.5 + 0.5), 0, 255), in the f32 steps of lib/ops/to-rgb8.ts; NaN gives 0.
#include "loops.h"

namespace counterpoint::cuda {

namespace {
struct ToRgb8Body {
  const float* x;
  uint8_t* target;
  DEVICE void operator()(unsigned i) const {
    const float scaled = (x[i] + 1.0f) * 127.5f;
    const float clamped = scaled > 0.0f ? (scaled < 255.0f ? scaled : 255.0f) : 0.0f;
    target[i] = static_cast<uint8_t>(static_cast<int>(clamped + 0.5f));
  }
};
}  // namespace

void toRgb8(const ToRgb8& op, Launcher& launcher) {
  overElements(launcher, op.x.size(), ToRgb8Body{op.x.f32(), op.target.u8()});
}

}  // namespace counterpoint::cuda
