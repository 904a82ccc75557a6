// y = a gelu(b), a the first and b the second half of the channels of x. See lib/ops/geglu.ts.
#include "loops.h"
#include "normal-cdf.h"

namespace counterpoint::cuda {

namespace {
template <class T>
struct GegluBody {
  const T* x;
  T* y;
  unsigned channels;  // of y
  DEVICE void operator()(unsigned i) const {
    const T* a = x + i + int64_t{i / channels} * channels;
    const float b = toFloat(a[channels]);
    y[i] = round<T>(toFloat(*a) * (b * normalCdf(b)));
  }
};
}  // namespace

void geglu(const Geglu& op, Launcher& launcher) {
  withStorage(op.y.dtype, [&](auto zero) {
    using T = decltype(zero);
    const GegluBody<T> body{static_cast<const T*>(op.x.data), static_cast<T*>(op.y.data), countable(op.y.columns())};
    overElements(launcher, op.y.size(), body);
  });
}

}  // namespace counterpoint::cuda
