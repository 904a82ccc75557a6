// y[n] = the tokens of a[n] and then those of b[n].
#include "cpu/loops.h"
#include "generated/ops.h"

namespace counterpoint::COUNTERPOINT_ISA {

void concatTokens(const ConcatTokens& op, Context& context) {
  const int64_t images = op.y.shape[0], a = op.a.size() / images, b = op.b.size() / images;
  copyRows(context, images, a, op.a.f32(), a, op.y.f32(), a + b);
  copyRows(context, images, b, op.b.f32(), b, op.y.f32() + a, a + b);
}

}  // namespace counterpoint::COUNTERPOINT_ISA
