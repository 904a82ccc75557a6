// y[n] = factor[n] x[n], one factor an image. See lib/ops/scale-rows.ts.
#include "loops.h"

namespace counterpoint::cuda {

namespace {
template <class T>
struct ScaleRowsBody {
  const T* x;
  const float* factor;
  T* y;
  unsigned size;  // of an image
  DEVICE void operator()(unsigned i) const { y[i] = round<T>(factor[i / size] * toFloat(x[i])); }
};
}  // namespace

void scaleRows(const ScaleRows& op, Launcher& launcher) {
  withStorage(op.y.dtype, [&](auto zero) {
    using T = decltype(zero);
    const unsigned size = countable(op.x.size() / op.x.shape[0]);
    const ScaleRowsBody<T> body{static_cast<const T*>(op.x.data), op.factor.f32(), static_cast<T*>(op.y.data), size};
    overElements(launcher, op.y.size(), body);
  });
}

}  // namespace counterpoint::cuda
