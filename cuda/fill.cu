// y = value, everywhere. See lib/ops/fill.ts.
#include "loops.h"

namespace counterpoint::cuda {

namespace {
struct FillBody {
  float* y;
  float value;
  DEVICE void operator()(unsigned i) const { y[i] = value; }
};
}  // namespace

void fill(const Fill& op, Launcher& launcher) {
  overElements(launcher, op.y.size(), FillBody{op.y.f32(), static_cast<float>(op.value)});
}

}  // namespace counterpoint::cuda
