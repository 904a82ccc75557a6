// Weight gradients: see weight-gradient.h. An item owns a rectangle of dw (some taps, some depth, some columns) and a
// chunk of the rows; it packs its part of dy block by block and reads x in place, one pointer a row and tap.
#include "cpu/gemm/weight-gradient.h"

#include <algorithm>
#include <cstring>

#include "cpu/gemm/tile.h"

namespace counterpoint::COUNTERPOINT_ISA {

namespace {

constexpr int64_t rowsAtOnce = 192;  // a panel of dy: 12 KB of the first-level cache

// How dw and the rows are cut; a function of the problem alone, because the chunks decide the order of summation.
struct Cut {
  int64_t columnBlock, depthBlock, tapBlock;
  int64_t columnBlocks, depthBlocks, tapBlocks;
  int64_t chunk, chunks;  // rows of a chunk, number of chunks

  Cut(int64_t taps, int64_t depth, int64_t rows, int64_t columns) {
    constexpr int64_t area = 40 * 1024;  // floats of dw an item holds: 160 KB of the second-level cache
    constexpr int64_t items = 32;        // enough for the threads of a workstation
    columnBlock = std::min<int64_t>(64, ceilDiv(columns, panelColumns) * panelColumns);
    columnBlocks = ceilDiv(columns, columnBlock);
    depthBlocks = ceilDiv(depth * columnBlock, area);
    depthBlock = ceilDiv(ceilDiv(depth, depthBlocks), tileRows) * tileRows;
    depthBlocks = ceilDiv(depth, depthBlock);
    const int64_t most = std::clamp<int64_t>(area / (depthBlock * columnBlock), 1, taps);
    tapBlock = ceilDiv(taps, ceilDiv(taps, most));
    tapBlocks = ceilDiv(taps, tapBlock);
    const int64_t rectangles = columnBlocks * depthBlocks * tapBlocks;
    chunks = std::clamp<int64_t>(ceilDiv(items, rectangles), 1, ceilDiv(rows, 2 * rowsAtOnce));
    chunk = ceilDiv(rows, chunks);
    chunks = ceilDiv(rows, chunk);
  }
};

struct Rectangle {
  int64_t tap, taps, depth, depths, column, columns;  // first and count of each
};

// Adds the rows [first, first + count) to the item's rectangle of `out`, a whole [taps, depth, columns].
void addRows(const TransposedProduct& product, const Rectangle& part, int64_t count, const float* const* sources,
             const float* panels, bool accumulate, float* out) {
  const int64_t columns = product.dy.columns;
  alignas(64) float corner[tileRows * panelColumns];
  for (int64_t n = 0; n < part.columns; n += panelColumns, panels += count * panelColumns) {
    const int64_t width = std::min(panelColumns, part.columns - n);
    for (int64_t t = part.tap; t < part.tap + part.taps; ++t) {
      for (int64_t k = part.depth; k < part.depth + part.depths;) {
        const int outputs = nextRows(part.depth + part.depths - k);
        float* to = out + (t * product.depth + k) * columns + part.column + n;
        if (width == panelColumns) {
          multiplyTransposedTile(outputs, sources + t * count, k, count, panels, to, columns, accumulate);
        } else {
          multiplyTransposedTile(outputs, sources + t * count, k, count, panels, corner, panelColumns, false,
                                 vectorsOf(width));
          for (int r = 0; r < outputs; ++r) {
            for (int64_t j = 0; j < width; ++j) {
              const float sum = corner[r * panelColumns + j];
              to[r * columns + j] = accumulate ? to[r * columns + j] + sum : sum;
            }
          }
        }
        k += outputs;
      }
    }
  }
}

}  // namespace

void multiplyTransposed(Context& context, const TransposedProduct& product) {
  const Matrix& dy = product.dy;
  const int64_t size = product.taps * product.depth * dy.columns;
  if (dy.rows == 0) return static_cast<void>(std::memset(product.dw, 0, static_cast<size_t>(size) * sizeof(float)));
  const Cut cut(product.taps, product.depth, dy.rows, dy.columns);
  float* partials = cut.chunks > 1 ? context.scratch(static_cast<size_t>(cut.chunks * size)) : product.dw;

  const int64_t rectangles = cut.columnBlocks * cut.depthBlocks * cut.tapBlocks;
  context.parallel(cut.chunks * rectangles, [&](int64_t index, int thread) {
    const int64_t chunk = index / rectangles,
                  tap = index / (cut.columnBlocks * cut.depthBlocks) % cut.tapBlocks * cut.tapBlock;
    const int64_t depth = index / cut.columnBlocks % cut.depthBlocks * cut.depthBlock;
    const int64_t column = index % cut.columnBlocks * cut.columnBlock;
    const Rectangle part{tap,    std::min(cut.tapBlock, product.taps - tap),
                         depth,  std::min(cut.depthBlock, product.depth - depth),
                         column, std::min(cut.columnBlock, dy.columns - column)};
    const int64_t panelFloats = rowsAtOnce * cut.columnBlock, pointers = product.taps * rowsAtOnce;
    float* panels = context.threadScratch(
        thread, static_cast<size_t>(panelFloats) + static_cast<size_t>(pointers) * sizeof(float*) / sizeof(float));
    const float** sources = reinterpret_cast<const float**>(panels + panelFloats);

    const int64_t first = chunk * cut.chunk, last = std::min(first + cut.chunk, dy.rows);
    for (int64_t m = first; m < last; m += rowsAtOnce) {
      const int64_t count = std::min(rowsAtOnce, last - m);
      for (int64_t n = 0; n < part.columns; n += panelColumns) {
        packPanel(dy.row(m) + column + n, dy.stride, 1, count, std::min(panelColumns, part.columns - n),
                  panels + n * count);
      }
      product.locate(m, count, sources);
      addRows(product, part, count, sources, panels, m > first, partials + chunk * size);
    }
  });
  if (cut.chunks == 1) return;

  constexpr int64_t grain = 4096;
  context.parallel(ceilDiv(size, grain), [&](int64_t index, int) {
    for (int64_t i = index * grain; i < std::min((index + 1) * grain, size); i += lanes) {
      const int64_t part = std::min(lanes, size - i);
      Vec sum = loadPart(partials + i, part);
      for (int64_t c = 1; c < cut.chunks; ++c) sum = add(sum, loadPart(partials + c * size + i, part));
      storePart(product.dw + i, sum, part);
    }
  });
}

}  // namespace counterpoint::COUNTERPOINT_ISA
