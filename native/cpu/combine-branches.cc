// y[p] = sum over r of weights[r][p] * x[r * P + p]; a weight of 0 contributes exactly nothing.
#include "cpu/loops.h"
#include "generated/ops.h"

namespace counterpoint::COUNTERPOINT_ISA {

void combineBranches(const CombineBranches& op, Context& context) {
  const int64_t branches = op.weights.shape[0], pictures = op.weights.shape[1], size = op.y.size() / pictures;
  overImages(context, pictures, size, [&](int64_t p, int64_t begin, int64_t end) {
    float* y = op.y.f32() + p * size;
    std::fill(y + begin, y + end, 0.0f);
    for (int64_t r = 0; r < branches; ++r) {
      const float weight = op.weights.f32()[r * pictures + p];
      if (weight == 0.0f) continue;
      const float* x = op.x.f32() + (r * pictures + p) * size;
      const Vec factor = broadcast(weight);
      overLanes(begin, end, [&](int64_t i, auto lane) {
        lane.write(y + i, fma(factor, lane.read(x + i), lane.read(y + i)));
      });
    }
  });
}

}  // namespace counterpoint::COUNTERPOINT_ISA
