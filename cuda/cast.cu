// y = x in another dtype of real numbers, to nearest, ties to even. See lib/ops/cast.ts.
#include "loops.h"

namespace counterpoint::cuda {

namespace {
template <class From, class To>
struct CastBody {
  const From* x;
  To* y;
  DEVICE void operator()(unsigned i) const { y[i] = round<To>(toFloat(x[i])); }
};
}  // namespace

void cast(const Cast& op, Launcher& launcher) {
  withStorage(op.x.dtype, [&](auto from) {
    withStorage(op.y.dtype, [&](auto to) {
      using From = decltype(from);
      using To = decltype(to);
      const CastBody<From, To> body{static_cast<const From*>(op.x.data), static_cast<To*>(op.y.data)};
      overElements(launcher, op.x.size(), body);
    });
  });
}

}  // namespace counterpoint::cuda
