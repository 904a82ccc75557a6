// target = clamp(floor((x + 1) * 127.5 + 0.5), 0, 255), in the f32 steps of lib/ops/to-rgb8.ts; NaN gives 0.
#include "cpu/loops.h"
#include "generated/ops.h"

namespace counterpoint::COUNTERPOINT_ISA {

void toRgb8(const ToRgb8& op, Context& context) {
  const float* x = op.x.f32();
  uint8_t* target = op.target.u8();
  overImages(context, 1, op.x.size(), [&](int64_t, int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const float scaled = (x[i] + 1.0f) * 127.5f;
      const float clamped = scaled > 0.0f ? (scaled < 255.0f ? scaled : 255.0f) : 0.0f;
      target[i] = static_cast<uint8_t>(static_cast<int32_t>(clamped + 0.5f));
    }
  });
}

}  // namespace counterpoint::COUNTERPOINT_ISA
