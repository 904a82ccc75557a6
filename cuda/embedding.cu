// y[r] = table[ids[r]], an id outside the table standing for its nearest row. See lib/ops/embedding.ts.
#include "gather.h"

namespace counterpoint::cuda {

namespace {
struct RowOfId {
  const int32_t* ids;
  int vocabulary;
  unsigned channels;
  DEVICE Place operator()(unsigned row, unsigned column) const {
    const int id = ids[row], nearest = id < 0 ? 0 : id < vocabulary ? id : vocabulary - 1;
    return {0, int64_t{nearest} * channels + column};
  }
};
}  // namespace

void embedding(const Embedding& op, Launcher& launcher) {
  const int64_t channels = op.y.columns();
  const int vocabulary = toInt(op.table.shape[0]);
  gather(launcher, op.y, channels, {&op.table}, {}, [&](int64_t elements) {
    return RowOfId{op.ids.i32(), vocabulary, countable(channels / elements)};
  });
}

}  // namespace counterpoint::cuda
