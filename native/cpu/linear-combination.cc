// out[n] = c[n][0] x[n] + c[n][1] y[n] + c[n][2] z[n], absent y and z left out.
#include "cpu/loops.h"
#include "generated/ops.h"

namespace counterpoint::COUNTERPOINT_ISA {

void linearCombination(const LinearCombination& op, Context& context) {
  const int64_t images = op.x.shape[0], size = op.x.size() / images;
  overImages(context, images, size, [&](int64_t n, int64_t begin, int64_t end) {
    const float* coefficients = op.coefficients.f32() + n * 3;
    const Tensor* sources[] = {&op.x, &op.y, &op.z};
    float* out = op.out.f32() + n * size;
    for (int term = 0; term < 3; ++term) {
      if (!*sources[term]) continue;
      const float* source = sources[term]->f32() + n * size;
      const Vec factor = broadcast(coefficients[term]);
      overLanes(begin, end, [&](int64_t i, auto lane) {
        const Vec value = lane.read(source + i);
        lane.write(out + i, term == 0 ? mul(factor, value) : fma(factor, value, lane.read(out + i)));
      });
    }
  });
}

}  // namespace counterpoint::COUNTERPOINT_ISA
