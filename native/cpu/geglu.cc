// y = a * gelu(b), a the first and b the second half of each row of x, and its gradient. See lib/ops/geglu.ts.
#include "cpu/gelu.h"
#include "cpu/loops.h"
#include "generated/ops.h"

namespace counterpoint::COUNTERPOINT_ISA {

void geglu(const Geglu& op, Context& context) {
  const int64_t channels = op.y.columns();
  overRows(context, op.y.rows(), channels, [&](int64_t row) {
    const float *a = op.x.f32() + row * 2 * channels, *b = a + channels;
    float* y = op.y.f32() + row * channels;
    overLanes(0, channels, [&](int64_t c, auto lane) {
      lane.write(y + c, mul(lane.read(a + c), gelu(lane.read(b + c))));
    });
  });
}

void gegluGradient(const GegluGradient& op, Context& context) {
  const int64_t channels = op.dy.columns();
  overRows(context, op.dy.rows(), channels, [&](int64_t row) {
    const float *a = op.x.f32() + row * 2 * channels, *b = a + channels, *dy = op.dy.f32() + row * channels;
    float *da = op.dx.f32() + row * 2 * channels, *db = da + channels;
    overLanes(0, channels, [&](int64_t c, auto lane) {
      const Vec gate = lane.read(b + c), d = lane.read(dy + c);
      lane.write(da + c, mul(d, gelu(gate)));
      lane.write(db + c, mul(mul(d, lane.read(a + c)), geluSlope(gate)));
    });
  });
}

}  // namespace counterpoint::COUNTERPOINT_ISA
