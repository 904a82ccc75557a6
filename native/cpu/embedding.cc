// y[r] = table[ids[r]], whatever the table's dtype, and dtable[v] = sum of dy[r] over the r with ids[r] = v. An id outside
// the table stands for the nearest row of it.
#include <algorithm>

#include "generated/ops.h"

namespace counterpoint::COUNTERPOINT_ISA {

namespace {

int64_t nearestRow(int32_t id, int64_t vocabulary) { return std::clamp<int64_t>(id, 0, vocabulary - 1); }

template <class Element>
void takeRows(const Embedding& op, Context& context) {
  constexpr int64_t blockRows = 64;
  const auto* table = static_cast<const Element*>(op.table.data);
  auto* y = static_cast<Element*>(op.y.data);
  const int64_t rows = op.ids.size(), vocabulary = op.table.shape[0], columns = op.table.columns();
  context.parallel((rows + blockRows - 1) / blockRows, [&](int64_t block, int) {
    for (int64_t r = block * blockRows; r < std::min(rows, (block + 1) * blockRows); ++r) {
      const Element* from = table + nearestRow(op.ids.i32()[r], vocabulary) * op.table.rowStride;
      std::copy(from, from + columns, y + r * op.y.rowStride);
    }
  });
}

}  // namespace

void embedding(const Embedding& op, Context& context) {
  if (op.table.dtype == Dtype::f32) takeRows<float>(op, context);
  else takeRows<uint16_t>(op, context);
}

// Split over columns: each is summed in the order of the ids, and no two threads write one element.
void embeddingGradient(const EmbeddingGradient& op, Context& context) {
  constexpr int64_t blockColumns = 64;
  const int64_t rows = op.ids.size(), vocabulary = op.vocabulary, columns = op.dtable.columns();
  context.parallel((columns + blockColumns - 1) / blockColumns, [&](int64_t block, int) {
    const int64_t begin = block * blockColumns, count = std::min(blockColumns, columns - begin);
    for (int64_t v = 0; v < vocabulary; ++v) {
      float* row = op.dtable.f32() + v * op.dtable.rowStride + begin;
      std::fill(row, row + count, 0.0f);
    }
    for (int64_t r = 0; r < rows; ++r) {
      float* sum = op.dtable.f32() + nearestRow(op.ids.i32()[r], vocabulary) * op.dtable.rowStride + begin;
      const float* dy = op.dy.f32() + r * op.dy.rowStride + begin;
      for (int64_t c = 0; c < count; ++c) sum[c] += dy[c];
    }
  });
}

}  // namespace counterpoint::COUNTERPOINT_ISA
