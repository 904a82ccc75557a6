// y[n] = x[n, index[n]], an index outside the tokens standing for the nearest one. See lib/ops/gather-rows.ts.
#include "nearest-row.h"

namespace counterpoint::cuda {

void gatherRows(const GatherRows& op, Launcher& launcher) {
  nearestRows(launcher, op.y, op.x, op.index, op.x.shape[1], op.x.shape[1]);
}

}  // namespace counterpoint::cuda
