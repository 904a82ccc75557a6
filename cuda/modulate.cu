// y[n, p, c] = x[n, p, c] (1 + scale[n, c]) + shift[n, c]. See lib/ops/modulate.ts.
#include "loops.h"

namespace counterpoint::cuda {

namespace {
template <class T>
struct ModulateBody {
  const T *x, *scale, *shift;
  T* y;
  unsigned size, channels;  // of an image
  DEVICE void operator()(unsigned i) const {
    const unsigned nc = i / size * channels + i % channels;
    y[i] = round<T>(toFloat(x[i]) * (1.0f + toFloat(scale[nc])) + toFloat(shift[nc]));
  }
};
}  // namespace

void modulate(const Modulate& op, Launcher& launcher) {
  withStorage(op.y.dtype, [&](auto zero) {
    using T = decltype(zero);
    const auto data = [](const Tensor& tensor) { return static_cast<const T*>(tensor.data); };
    const ModulateBody<T> body{data(op.x),          data(op.scale),
                               data(op.shift),      static_cast<T*>(op.y.data),
                               countable(op.y.size() / op.y.shape[0]), countable(op.y.columns())};
    overElements(launcher, op.y.size(), body);
  });
}

}  // namespace counterpoint::cuda
