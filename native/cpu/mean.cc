// y = mean of all elements, in the order of sumImages; its gradient is a constant.
#include "cpu/loops.h"
#include "generated/ops.h"

namespace counterpoint::COUNTERPOINT_ISA {

void mean(const Mean& op, Context& context) {
  const int64_t size = op.x.size();
  sumImages(
      context, 1, size, [&](int64_t, double sum) { *op.y.f32() = static_cast<float>(sum / static_cast<double>(size)); },
      [](Vec x) { return x; }, op.x.f32());
}

void meanGradient(const MeanGradient& op, Context& context) {
  const Vec share = broadcast(*op.dy.f32() / static_cast<float>(op.dx.size()));
  map(context, op.dx.size(), op.dx.f32(), [share] { return share; });
}

}  // namespace counterpoint::COUNTERPOINT_ISA
