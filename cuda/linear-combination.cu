// out[n] = c[n, 0] x[n] + c[n, 1] y[n] + c[n, 2] z[n], absent y and z left out; all f32. See lib/ops/linear-combination.ts.
#include "loops.h"

namespace counterpoint::cuda {

namespace {
struct LinearCombinationBody {
  const float *x, *y, *z, *coefficients;
  float* out;
  unsigned size;  // of an image
  DEVICE void operator()(unsigned i) const {
    const float* c = coefficients + 3 * (i / size);
    float sum = c[0] * x[i];
    if (y) sum += c[1] * y[i];
    if (z) sum += c[2] * z[i];
    out[i] = sum;
  }
};
}  // namespace

void linearCombination(const LinearCombination& op, Launcher& launcher) {
  const unsigned size = countable(op.x.size() / op.x.shape[0]);
  const LinearCombinationBody body{op.x.f32(), op.y.f32(), op.z.f32(), op.coefficients.f32(), op.out.f32(), size};
  overElements(launcher, op.out.size(), body);
}

}  // namespace counterpoint::cuda
