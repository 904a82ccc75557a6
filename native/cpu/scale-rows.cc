// y[n] = factor[n] * x[n], for images of any shape.
#include "cpu/loops.h"
#include "generated/ops.h"

namespace counterpoint::COUNTERPOINT_ISA {

void scaleRows(const ScaleRows& op, Context& context) {
  const int64_t images = op.factor.size(), size = op.x.size() / images;
  overImages(context, images, size, [&](int64_t n, int64_t begin, int64_t end) {
    const float* x = op.x.f32() + n * size;
    float* y = op.y.f32() + n * size;
    const Vec factor = broadcast(op.factor.f32()[n]);
    overLanes(begin, end, [&](int64_t i, auto lane) { lane.write(y + i, mul(factor, lane.read(x + i))); });
  });
}

}  // namespace counterpoint::COUNTERPOINT_ISA
