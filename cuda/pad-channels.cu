// y = x with `before` zeros in front of and `after` behind the channels of each row. See lib/ops/pad-channels.ts.
#include "window.h"

namespace counterpoint::cuda {

void padChannels(const PadChannels& op, Launcher& launcher) {
  window(launcher, op.y, op.y.columns(), op.x, op.x.columns(), -op.before);
}

}  // namespace counterpoint::cuda
