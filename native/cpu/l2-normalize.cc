// y = x / sqrt(sum of squares + eps) over the channels of each row, and its gradient. x: [rows, C].
#include "cpu/loops.h"
#include "generated/ops.h"

namespace counterpoint::COUNTERPOINT_ISA {
namespace {

// sum a[c] b[c]
float dot(const float* a, const float* b, int64_t channels) {
  Vec sum = zero();
  overLanes(0, channels, [&](int64_t c, auto lane) { sum = fma(lane.read(a + c), lane.read(b + c), sum); });
  return sumOfLanes(sum);
}

float inverseNorm(const float* x, int64_t channels, double eps) {
  return 1.0f / __builtin_sqrtf(dot(x, x, channels) + static_cast<float>(eps));
}

}  // namespace

void l2Normalize(const L2Normalize& op, Context& context) {
  const int64_t channels = op.x.columns();
  overRows(context, op.x.rows(), channels, [&](int64_t row) {
    const float* x = op.x.f32() + row * channels;
    float* y = op.y.f32() + row * channels;
    const Vec inverse = broadcast(inverseNorm(x, channels, op.eps));
    overLanes(0, channels, [&](int64_t c, auto lane) { lane.write(y + c, mul(lane.read(x + c), inverse)); });
  });
}

void l2NormalizeGradient(const L2NormalizeGradient& op, Context& context) {
  const int64_t channels = op.x.columns();
  overRows(context, op.x.rows(), channels, [&](int64_t row) {
    const float *x = op.x.f32() + row * channels, *dy = op.dy.f32() + row * channels;
    float* dx = op.dx.f32() + row * channels;
    const float length = inverseNorm(x, channels, op.eps);
    const Vec inverse = broadcast(length), along = broadcast(length * length * dot(x, dy, channels));
    overLanes(0, channels, [&](int64_t c, auto lane) {
      lane.write(dx + c, mul(inverse, fnma(lane.read(x + c), along, lane.read(dy + c))));
    });
  });
}

}  // namespace counterpoint::COUNTERPOINT_ISA
