// The register tiles that all matrix products are made of, and the layout of the operand that they stream.
//
// A product y[M,N] = sum over taps t and depth k of x[t][M,k] w[t][k,N] is cut into tiles of `tileRows` by P =
// `panelColumns`. The P-wide operand is packed into panels, [block][N/P][tap][k][P], zeros beyond N, so that a tile reads
// it in one stream; the other is read in place through row pointers, which makes one tile serve linear layers, convolutions (a
// pointer per tap, to a row of zeros outside the image) and Winograd's products. One output is one chain of additions
// over k inside a block, and one over the blocks; rows do not influence each other, so how rows are grouped leaves no
// trace in the bits.
#pragma once
#include <functional>

#include "cpu/simd.h"
#include "machine/context.h"

namespace counterpoint::COUNTERPOINT_ISA {

constexpr int64_t panelColumns = 2 * lanes;
// Two accumulators a row, and registers left for two vectors of the panel and one of x. More than 12 rows would have
// their pointers on the stack.
constexpr int tileRows = vectorRegisters >= 32 ? 12 : vectorRegisters >= 16 ? 6 : 2;

constexpr int64_t ceilDiv(int64_t a, int64_t b) { return (a + b - 1) / b; }

// Floats that take the room of so many pointers.
constexpr int64_t pointerFloats(int64_t pointers) {
  return pointers * static_cast<int64_t>(sizeof(void*)) / static_cast<int64_t>(sizeof(float));
}

// How many of `left` rows the next tile takes: full tiles, but 5+4 or 5+5 at the end rather than a thin remainder.
constexpr int nextRows(int64_t left) {
  if (left >= 2 * tileRows || left <= tileRows) return static_cast<int>(left < tileRows ? left : tileRows);
  return static_cast<int>((left + 1) / 2);
}

struct Tile {
  const float* const* rows;  // [segment][rowStep]: where each row of x begins
  int64_t rowStep;
  int64_t depthOffset;    // first k, added to every row pointer
  int64_t segments;       // taps of this block
  int64_t depth;          // k of this block
  const float* panel;     // [segment][depth][P]
  const float* next;      // wanted soon: drawn towards the cache meanwhile
  const float* start;     // P values that the sums start from (bias), or null for zero
  float* const* targets;  // where each row of y begins
  int64_t column;         // first of the P columns
  bool accumulate;        // add to what the targets hold
  int vectors = 2;        // 1: only the first half of the columns is computed
  // The block may be followed by others, each `depth` further in the rows and `panelStep` in the panels: every block is
  // a chain of additions of its own, and `totals`, rows of P, is room for their sums.
  int64_t blocks = 1;
  int64_t panelStep = 0;
  float* totals = nullptr;
  const float* const* residuals = nullptr;  // where each row of what is added to y last begins, or null
  bool past = false;                        // y, in whole lines, is written past the caches; not where it accumulates
};

// The vectors that hold `columns` of a panel.
constexpr int vectorsOf(int64_t columns) { return columns <= lanes ? 1 : 2; }

// y[r][column + 0..P-1] = start + sum over segments and depth, for 1 to tileRows rows.
void multiplyTile(int rows, const Tile& tile);

// The same of pairs of bf16 in the place of floats, in rows and panel: see pairs.h. Where there are `pairProducts`.
void multiplyPairsTile(int rows, const Tile& tile);

// out[r][0..P-1] = sum over k < depth of x[r][k] * panel[k][P], x and out dense, 1 to tileRows rows; greatest[0..P-1] is
// raised to the greatest of each column, NaN passed over.
void multiplyRaisingTile(int rows, const float* x, int64_t depth, const float* panel, float* out, float* greatest,
                         int vectors);
// The same of pairs, `depth` of them, in x and panel.
void multiplyRaisingPairsTile(int rows, const float* x, int64_t depth, const float* panel, float* out, float* greatest,
                              int vectors);

// out[r][0..P-1] = sum over i < count of rows[i][column + r] * panel[i][P], and where it accumulates, out[r] * factors
// more (no factors stand for 1): the product with its first operand transposed, 1 to tileRows outputs r; `outStride`
// floats between them. With `vectors` 1, only the first half of them.
void multiplyTransposedTile(int outputs, const float* const* rows, int64_t column, int64_t count, const float* panel,
                            float* out, int64_t outStride, bool accumulate, int vectors = 2,
                            const float* factors = nullptr);
// The same of pairs, each of two successive i.
void multiplyTransposedPairsTile(int outputs, const float* const* rows, int64_t column, int64_t count,
                                 const float* panel, float* out, int64_t outStride, bool accumulate, int vectors,
                                 const float* factors);

// How a product is cut along taps and depth; a function of these two numbers alone.
struct Blocking {
  int64_t taps, depth;
  // A panel of at most 24 KB stays in the first-level cache; but even where it does not, it has 384 rows, lest the sums' way
  // to memory and back take too long.
  int64_t depthBlock;
  int64_t tapBlock;    // several taps share a block where the whole depth is short

  Blocking(int64_t taps, int64_t depth);
  // Floats of the packed operand.
  int64_t floats(int64_t columns) const { return taps * depth * ceilDiv(columns, panelColumns) * panelColumns; }
};

// Where w(tap, k, n) lies before packing.
struct WeightView {
  const float* data;
  int64_t tapStride, depthStride, columnStride;  // one of the last two is 1
  const int* tapOrder = nullptr;                 // tap t is stored tap tapOrder[t]; null for t itself
};

// One panel of one block of `blocking`: taps [tap, tap + taps), depths [k, k + depth).
struct PanelPlace {
  int64_t tap, taps, k, depth, panel;
};

// body(place) for all panels of `columns` columns, all threads taking part.
void overPanels(Context& context, const Blocking& blocking, int64_t columns,
                const std::function<void(const PanelPlace& place)>& body);

// Packs panels for `blocking`, all threads taking part.
void packPanels(Context& context, const Blocking& blocking, int64_t columns, const WeightView& weight, float* out);

// One panel of up to P columns: out[k][P] = w(k, n), k < depth, zeros beyond `columns`; strides as in WeightView.
void packPanel(const float* data, int64_t depthStride, int64_t columnStride, int64_t depth, int64_t columns,
               float* out);

}  // namespace counterpoint::COUNTERPOINT_ISA
