// y[b] = base[b] + mask[b] * plane[b % P], and the gradient of the plane. A mask of 0 contributes exactly nothing.
#include "cpu/loops.h"
#include "generated/ops.h"

namespace counterpoint::COUNTERPOINT_ISA {

void addMasked(const AddMasked& op, Context& context) {
  const int64_t branches = op.mask.size(), planes = op.plane.shape[0], size = op.y.size() / branches;
  overImages(context, branches, size, [&](int64_t b, int64_t begin, int64_t end) {
    float* y = op.y.f32() + b * size;
    if (op.base) {
      std::copy(op.base.f32() + b * size + begin, op.base.f32() + b * size + end, y + begin);
    } else {
      std::fill(y + begin, y + end, 0.0f);
    }
    const float mask = op.mask.f32()[b];
    if (mask == 0.0f) return;
    const float* plane = op.plane.f32() + b % planes * size;
    const Vec factor = broadcast(mask);
    overLanes(begin, end, [&](int64_t i, auto lane) {
      lane.write(y + i, fma(factor, lane.read(plane + i), lane.read(y + i)));
    });
  });
}

void addMaskedGradient(const AddMaskedGradient& op, Context& context) {
  const int64_t branches = op.mask.size(), size = op.dplane.size() / op.images;
  overImages(context, op.images, size, [&](int64_t p, int64_t begin, int64_t end) {
    float* dplane = op.dplane.f32() + p * size;
    std::fill(dplane + begin, dplane + end, 0.0f);
    for (int64_t b = p; b < branches; b += op.images) {
      const float mask = op.mask.f32()[b];
      if (mask == 0.0f) continue;
      const float* dy = op.dy.f32() + b * size;
      const Vec factor = broadcast(mask);
      overLanes(begin, end, [&](int64_t i, auto lane) {
        lane.write(dplane + i, fma(factor, lane.read(dy + i), lane.read(dplane + i)));
      });
    }
  });
}

}  // namespace counterpoint::COUNTERPOINT_ISA
