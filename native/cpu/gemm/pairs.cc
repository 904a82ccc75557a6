// Panels of pairs, and rows: see pairs.h.
#include "cpu/gemm/pairs.h"

#include <algorithm>

namespace counterpoint::COUNTERPOINT_ISA {

namespace {

Vec loadSome(const uint16_t* p, int64_t count) {
  return count >= lanes ? load(p) : count > 0 ? loadPart(p, count) : zero();
}

// One panel of `columns` columns of weights whose rows are `stride` apart.
void packPanelOfPairs(const uint16_t* weights, int64_t stride, int64_t depth, int64_t columns, float* out) {
  for (int64_t k = 0; k < depth; k += 2, weights += 2 * stride, out += panelColumns) {
    for (int64_t n = 0; n < panelColumns; n += lanes) {
      const Vec second = k + 1 < depth ? loadSome(weights + stride + n, columns - n) : zero();
      store(out + n, pairsOf(loadSome(weights + n, columns - n), second));
    }
  }
}

}  // namespace

void packPairs(Context& context, const Blocking& blocking, int64_t columns, const uint16_t* weights, int64_t tapStride,
               float* out) {
  const int64_t panels = ceilDiv(columns, panelColumns);
  overPanels(context, blocking, columns, [&](const PanelPlace& at) {
    const int64_t column = at.panel * panelColumns, count = pairCount(at.depth);
    float* to = out + ((at.k / 2 * blocking.taps + at.tap * count) * panels + at.panel * at.taps * count) * panelColumns;
    for (int64_t t = at.tap; t < at.tap + at.taps; ++t, to += count * panelColumns) {
      packPanelOfPairs(weights + t * tapStride + at.k * columns + column, columns, at.depth,
                       std::min(panelColumns, columns - column), to);
    }
  });
}

void widenPanel(const float* pairs, int64_t segments, int64_t depth, float* out) {
  for (int64_t s = 0; s < segments; ++s) {
    for (int64_t k = 0; k < depth; k += 2, pairs += panelColumns, out += 2 * panelColumns) {
      for (int64_t n = 0; n < panelColumns; n += lanes) {
        const Vec pair = load(pairs + n);
        store(out + n, firstOfPairs(pair));
        if (k + 1 < depth) store(out + panelColumns + n, secondOfPairs(pair));
      }
    }
    if (depth % 2 != 0) out -= panelColumns;
  }
}

#ifdef COUNTERPOINT_PAIR_PRODUCTS
void roundRow(const float* x, int64_t depth, float* out) {
  int64_t k = 0;
  for (; k + 2 * lanes <= depth; k += 2 * lanes) store(out + k / 2, roundToPairs(load(x + k), load(x + k + lanes)));
  if (k == depth) return;
  const int64_t first = std::min(lanes, depth - k), second = depth - k - first;
  store(out + k / 2, roundToPairs(loadPart(x + k, first), second > 0 ? loadPart(x + k + lanes, second) : zero()));
}
#endif

}  // namespace counterpoint::COUNTERPOINT_ISA
