// y[r] = table[ids[r]], an id outside the table standing for its nearest row. See lib/ops/embedding.ts.
#include "nearest-row.h"

namespace counterpoint::cuda {

void embedding(const Embedding& op, Launcher& launcher) {
  nearestRows(launcher, op.y, op.table, op.ids, op.table.shape[0], 0);
}

}  // namespace counterpoint::cuda
