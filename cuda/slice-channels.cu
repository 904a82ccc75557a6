// y[..., c] = x[..., begin + c]. See lib/ops/slice-channels.ts.
#include "window.h"

namespace counterpoint::cuda {

void sliceChannels(const SliceChannels& op, Launcher& launcher) {
  window(launcher, op.y, op.y.columns(), op.x, op.x.columns(), op.begin);
}

}  // namespace counterpoint::cuda
