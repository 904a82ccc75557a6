// y = sum of squares of all elements, in the order of sumImages.
#include "cpu/loops.h"
#include "generated/ops.h"

namespace counterpoint::COUNTERPOINT_ISA {

void sumSquares(const SumSquares& op, Context& context) {
  sumImages(
      context, 1, op.x.size(), [&](int64_t, double sum) { *op.y.f32() = static_cast<float>(sum); },
      [](Vec x) { return mul(x, x); }, op.x.f32());
}

}  // namespace counterpoint::COUNTERPOINT_ISA
