// loss[n] = weight[n] * mean (prediction - target)^2 over image n, and its gradient.
#include "cpu/loops.h"
#include "generated/ops.h"

namespace counterpoint::COUNTERPOINT_ISA {

void squaredError(const SquaredError& op, Context& context) {
  const int64_t images = op.weight.size(), size = op.prediction.size() / images;
  sumImages(
      context, images, size,
      [&](int64_t n, double sum) {
        op.loss.f32()[n] = static_cast<float>(op.weight.f32()[n] * sum / static_cast<double>(size));
      },
      [](Vec prediction, Vec target) {
        const Vec difference = sub(prediction, target);
        return mul(difference, difference);
      },
      op.prediction.f32(), op.target.f32());
}

void squaredErrorGradient(const SquaredErrorGradient& op, Context& context) {
  const int64_t images = op.weight.size(), size = op.prediction.size() / images;
  overImages(context, images, size, [&](int64_t n, int64_t begin, int64_t end) {
    const Vec factor = broadcast(2.0f * op.dloss.f32()[n] * op.weight.f32()[n] / static_cast<float>(size));
    const float *prediction = op.prediction.f32() + n * size, *target = op.target.f32() + n * size;
    float* dprediction = op.dprediction.f32() + n * size;
    overLanes(begin, end, [&](int64_t i, auto lane) {
      lane.write(dprediction + i, mul(factor, sub(lane.read(prediction + i), lane.read(target + i))));
    });
  });
}

}  // namespace counterpoint::COUNTERPOINT_ISA
