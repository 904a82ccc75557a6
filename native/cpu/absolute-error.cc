// loss[n] = weight[n] * mean |prediction - target| over image n, and its gradient.
#include "cpu/loops.h"
#include "generated/ops.h"

namespace counterpoint::COUNTERPOINT_ISA {

void absoluteError(const AbsoluteError& op, Context& context) {
  const int64_t images = op.weight.size(), size = op.prediction.size() / images;
  sumImages(
      context, images, size,
      [&](int64_t n, double sum) {
        op.loss.f32()[n] = static_cast<float>(op.weight.f32()[n] * sum / static_cast<double>(size));
      },
      [](Vec prediction, Vec target) { return absolute(sub(prediction, target)); }, op.prediction.f32(), op.target.f32());
}

void absoluteErrorGradient(const AbsoluteErrorGradient& op, Context& context) {
  const int64_t images = op.weight.size(), size = op.prediction.size() / images;
  overImages(context, images, size, [&](int64_t n, int64_t begin, int64_t end) {
    const Vec factor = broadcast(op.dloss.f32()[n] * op.weight.f32()[n] / static_cast<float>(size));
    const float *prediction = op.prediction.f32() + n * size, *target = op.target.f32() + n * size;
    float* dprediction = op.dprediction.f32() + n * size;
    overLanes(begin, end, [&](int64_t i, auto lane) {
      const Vec p = lane.read(prediction + i), t = lane.read(target + i);
      lane.write(dprediction + i, sub(bitAnd(lessThan(t, p), factor), bitAnd(lessThan(p, t), factor)));
    });
  });
}

}  // namespace counterpoint::COUNTERPOINT_ISA
