// y[b] = base[b] + mask[b] plane[b mod P]; nothing is added where the mask is 0. See lib/ops/add-masked.ts.
#include "loops.h"

namespace counterpoint::cuda {

namespace {
template <class T>
struct AddMaskedBody {
  const T *base, *plane;
  const float* mask;
  T* y;
  unsigned size, planes;  // of an image; elements of all planes
  DEVICE void operator()(unsigned i) const {
    const float factor = mask[i / size], start = base ? toFloat(base[i]) : 0.0f;
    y[i] = round<T>(factor == 0.0f ? start : start + factor * toFloat(plane[i % planes]));
  }
};
}  // namespace

void addMasked(const AddMasked& op, Launcher& launcher) {
  withStorage(op.y.dtype, [&](auto zero) {
    using T = decltype(zero);
    const AddMaskedBody<T> body{static_cast<const T*>(op.base.data), static_cast<const T*>(op.plane.data),
                                op.mask.f32(),                       static_cast<T*>(op.y.data),
                                countable(op.y.size() / op.y.shape[0]), countable(op.plane.size())};
    overElements(launcher, op.y.size(), body);
  });
}

}  // namespace counterpoint::cuda
