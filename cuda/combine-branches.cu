// y[p] = sum over r of weights[r, p] x[r P + p]; y in f32. A weight of 0 adds nothing. See lib/ops/combine-branches.ts.
#include "loops.h"

namespace counterpoint::cuda {

namespace {
template <class T>
struct CombineBranchesBody {
  const T* x;
  const float* weights;
  float* y;
  unsigned size, branches, pictures;  // `size` of a picture
  DEVICE void operator()(unsigned i) const {
    float sum = 0;
    for (unsigned r = 0; r < branches; ++r) {
      const float weight = weights[r * pictures + i / size];
      if (weight != 0.0f) sum += weight * toFloat(x[int64_t{r} * pictures * size + i]);
    }
    y[i] = sum;
  }
};
}  // namespace

void combineBranches(const CombineBranches& op, Launcher& launcher) {
  withStorage(op.x.dtype, [&](auto zero) {
    using T = decltype(zero);
    const int64_t branches = op.weights.shape[0], pictures = op.weights.shape[1];
    const CombineBranchesBody<T> body{static_cast<const T*>(op.x.data), op.weights.f32(),    op.y.f32(),
                                      countable(op.y.size() / pictures), countable(branches), countable(pictures)};
    overElements(launcher, op.y.size(), body);
  });
}

}  // namespace counterpoint::cuda
