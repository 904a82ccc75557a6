// Weights in bf16 for products: panels in which two successive k of a column lie side by side in the place of a float, the
// first in its lower half, a zero behind the last of an odd depth. A block of depth d has `pairCount(d)` rows of them;
// otherwise panels lie as in tile.h.
//
// Where there are `pairProducts`, rows of x are rounded to such pairs and both are multiplied by multiplyPairsTile, in f32
// but for that rounding. Elsewhere a panel is widened to floats right before the rows that it is multiplied by, so that
// weights are never held twice.
#pragma once
#include "cpu/gemm/tile.h"

namespace counterpoint::COUNTERPOINT_ISA {

constexpr int64_t pairCount(int64_t depth) { return (depth + 1) / 2; }

// Floats that the panels of `columns` columns take. Blocks but the last one have even depths.
constexpr int64_t pairFloats(const Blocking& blocking, int64_t columns) {
  return blocking.taps * pairCount(blocking.depth) * ceilDiv(columns, panelColumns) * panelColumns;
}

// Packs weights of [depth, columns] for every tap, `tapStride` elements apart, all threads taking part.
void packPairs(Context& context, const Blocking& blocking, int64_t columns, const uint16_t* weights, int64_t tapStride,
               float* out);

// out[segment][depth][P] in floats, of a panel of `segments` taps of that depth.
void widenPanel(const float* pairs, int64_t segments, int64_t depth, float* out);

// A row of x as pairs. Where there are `pairProducts`.
void roundRow(const float* x, int64_t depth, float* out);

// Floats that `roundRow` writes: whole vectors.
constexpr int64_t roundedFloats(int64_t depth) { return ceilDiv(depth, 2 * lanes) * lanes; }

}  // namespace counterpoint::COUNTERPOINT_ISA
