// y = x / 127.5 - 1, from bytes.
#include "cpu/loops.h"
#include "generated/ops.h"

namespace counterpoint::COUNTERPOINT_ISA {

void fromRgb8(const FromRgb8& op, Context& context) {
  const uint8_t* x = op.x.u8();
  float* y = op.y.f32();
  overImages(context, 1, op.x.size(), [&](int64_t, int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) y[i] = static_cast<float>(x[i]) / 127.5f - 1.0f;
  });
}

}  // namespace counterpoint::COUNTERPOINT_ISA
