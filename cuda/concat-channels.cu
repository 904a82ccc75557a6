// y = a and then b in each row. See lib/ops/concat-channels.ts.
#include "concat.h"

namespace counterpoint::cuda {

void concatChannels(const ConcatChannels& op, Launcher& launcher) {
  concat(launcher, op.y, op.a, op.a.columns(), op.b, op.b.columns());
}

}  // namespace counterpoint::cuda
