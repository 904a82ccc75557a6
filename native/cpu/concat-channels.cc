// y = a and then b in each row.
#include "cpu/loops.h"
#include "generated/ops.h"

namespace counterpoint::COUNTERPOINT_ISA {

void concatChannels(const ConcatChannels& op, Context& context) {
  const int64_t a = op.a.columns(), b = op.b.columns();
  overRows(context, op.y.rows(), a + b, [&](int64_t row) {
    float* y = op.y.f32() + row * (a + b);
    std::copy_n(op.a.f32() + row * a, a, y);
    std::copy_n(op.b.f32() + row * b, b, y + a);
  });
}

}  // namespace counterpoint::COUNTERPOINT_ISA
