// The driver of indirect products: cuts rows and columns into items, and walks the blocks of each. See indirect.h.
#include "cpu/gemm/indirect.h"

#include <algorithm>
#include <cstring>

#include "cpu/gelu.h"
#include "cpu/gemm/pairs.h"
#include "cpu/loops.h"

namespace counterpoint::COUNTERPOINT_ISA {

namespace {

// How the outputs are dealt to threads. Free to depend on the number of threads: sums do not cross items.
struct Deal {
  int64_t panels, rowBlock, rowBlocks, panelBlock, panelBlocks;

  Deal(int64_t rows, int64_t panels, int threads) : panels(panels) {
    constexpr int64_t rowsAtOnce = 96;  // with a depth block of 384: 147 KB of x in the second-level cache
    const int64_t wanted = threads > 1 ? 4 * threads : 1;
    rowBlocks = ceilDiv(rows, rowsAtOnce);
    const int64_t split = std::clamp<int64_t>(ceilDiv(wanted, rowBlocks), 1, panels);
    panelBlock = ceilDiv(panels, split);
    panelBlocks = ceilDiv(panels, panelBlock);
    rowBlock = ceilDiv(ceilDiv(rows, rowBlocks), tileRows) * tileRows;
    rowBlocks = ceilDiv(rows, rowBlock);
  }
};

// Rows of y whole pages apart compete for a few lines of the first-level cache: sums of several blocks are then better
// collected aside than in y, as long as their panels stay in the second-level cache.
constexpr int64_t depthAtOnce = 1024;
constexpr bool aliased(int64_t columns) { return columns % (4096 / static_cast<int64_t>(sizeof(float))) == 0; }

struct Item {
  int64_t rows;  // of this item
  int64_t panelFirst, panelLast;
  RowPointers pointers;
  float* widened;      // room for a panel of a block, where pairs are widened
  int64_t origin = 0;  // the column that the targets begin with
};

// Whether pairs are multiplied as they are; else they are widened first.
bool multipliesPairs(const IndirectProduct& product) { return pairProducts && product.pairs; }

// Rows of a panel for so much depth.
int64_t panelRows(const IndirectProduct& product, int64_t depth) { return product.pairs ? pairCount(depth) : depth; }

// Floats of the panels for one source.
int64_t panelFloats(const IndirectProduct& product, const Blocking& source) {
  return product.pairs ? pairFloats(source, product.columns) : source.floats(product.columns);
}

void multiplyRows(const IndirectProduct& product, int rows, const Tile& tile) {
  if constexpr (pairProducts) {
    if (product.pairs) return multiplyPairsTile(rows, tile);
  }
  multiplyTile(rows, tile);
}

void addTo(float* y, const float* x, int64_t count) {
  for (int64_t n = 0; n < count; ++n) y[n] += x[n];
}

// One block of taps and depth for every tile of an item.
void multiplyBlock(const IndirectProduct& product, const Item& item, Tile tile, const float* panels, bool first,
                   bool last) {
  const bool widens = product.pairs && !pairProducts;
  const int64_t panelFloats = tile.segments * (widens ? pairCount(tile.depth) : tile.depth) * panelColumns;
  const float* const* sources = tile.rows;
  alignas(64) float corner[tileRows * panelColumns] = {};
  alignas(64) float start[panelColumns] = {};
  alignas(64) float totals[tileRows * panelColumns];
  float* corners[tileRows];
  for (int r = 0; r < tileRows; ++r) corners[r] = corner + r * panelColumns;

  for (int64_t p = item.panelFirst; p < item.panelLast; ++p) {
    const int64_t column = p * panelColumns, width = std::min(panelColumns, product.columns - column);
    const bool whole = width == panelColumns;
    const float* bias = first && product.epilogue.bias ? product.epilogue.bias + column : nullptr;
    if (bias && !whole) std::memcpy(start, bias, static_cast<size_t>(width) * sizeof(float));
    tile.start = bias && !whole ? start : bias;
    tile.panel = panels + p * panelFloats;
    tile.next = tile.panel + panelFloats;
    if (widens) {
      widenPanel(tile.panel, tile.segments, tile.depth, item.widened);
      tile.panel = item.widened;
    }
    tile.accumulate = !first;
    tile.past = product.past && first && last && whole;
    tile.vectors = vectorsOf(width);
    tile.totals = totals;
    for (int64_t m = 0; m < item.rows;) {
      const int rows = nextRows(item.rows - m);
      float* const* targets = item.pointers.targets + m;
      const float* const* residuals = last && product.epilogue.residual ? item.pointers.residuals + m : nullptr;
      tile.rows = sources + m;
      tile.targets = whole ? targets : corners;
      tile.column = whole ? column - item.origin : 0;
      tile.residuals = whole ? residuals : nullptr;
      if (whole) {
        multiplyRows(product, rows, tile);
      } else {  // the last, narrow panel goes by way of a full-width tile
        const size_t bytes = static_cast<size_t>(width) * sizeof(float);
        const int64_t target = column - item.origin;
        if (!first)
          for (int r = 0; r < rows; ++r) std::memcpy(corners[r], targets[r] + target, bytes);
        multiplyRows(product, rows, tile);
        for (int r = 0; r < rows; ++r) {
          std::memcpy(targets[r] + target, corners[r], bytes);
          if (residuals) addTo(targets[r] + target, residuals[r] + column, width);
        }
      }
      tile.next += panelFloats / 4;  // four tiles have drawn in the whole next panel
      m += rows;
    }
  }
}

// A product with no taps at all (an input position that a strided convolution never reads) is its bias.
void fillRows(const IndirectProduct& product, const Item& item) {
  const int64_t first = item.panelFirst * panelColumns, last = std::min(item.panelLast * panelColumns, product.columns);
  for (int64_t m = 0; m < item.rows; ++m) {
    float* y = item.pointers.targets[m] + first - item.origin;
    for (int64_t n = first; n < last; ++n) y[n - first] = product.epilogue.bias ? product.epilogue.bias[n] : 0.0f;
    if (product.epilogue.residual) addTo(y, item.pointers.residuals[m] + first, last - first);
  }
}

// What one source adds to the sums of an item: the first with the bias, the last with the residual.
void multiplySource(const IndirectProduct& product, const Item& item, const Blocking& blocking,
                    const float* const* sources, const float* packed, int64_t columns, bool first, bool last) {
  const int64_t taps = blocking.taps, panels = ceilDiv(product.columns, panelColumns);
  const bool rounded = multipliesPairs(product), aside = taps == 1 && aliased(columns) && (rounded || !product.pairs);
  const int64_t most = aside ? std::max<int64_t>(1, depthAtOnce / blocking.depthBlock) : 1;
  for (int64_t k = 0, depth; k < blocking.depth; k += depth) {
    const int64_t block = std::min(blocking.depthBlock, blocking.depth - k), rows = panelRows(product, block);
    Tile tile{};
    tile.depthOffset = rounded ? k / 2 : k;
    tile.depth = rounded ? rows : block;
    tile.blocks = std::min(most, (blocking.depth - k) / block);
    tile.panelStep = rows * panels * panelColumns;
    depth = tile.blocks * block;
    for (int64_t t = 0; t < taps; t += blocking.tapBlock) {
      tile.segments = std::min(blocking.tapBlock, taps - t);
      tile.rows = sources + t * item.rows;
      tile.rowStep = item.rows;
      const bool ends = k + depth == blocking.depth && t + tile.segments == taps;
      multiplyBlock(product, item, tile, packed + (panelRows(product, k) * taps + t * rows) * panels * panelColumns,
                    first && k == 0 && t == 0, last && ends);
    }
  }
}

// The sums of an item, with bias and residual, in its targets. `columns`: how far apart the targets are.
void multiplyItem(const IndirectProduct& product, const Item& item, int64_t columns) {
  const Blocking &blocking = product.blocking, &more = product.more;
  if (blocking.taps == 0 || blocking.depth == 0) return fillRows(product, item);
  const float* const* sources = item.pointers.sources;
  multiplySource(product, item, blocking, sources, product.panels, columns, true, more.depth == 0);
  if (more.depth == 0) return;
  multiplySource(product, item, more, sources + blocking.taps * item.rows,
                 product.panels + panelFloats(product, blocking), columns, false, true);
}

// y[m][first...] = f(sums[m]) for `count` columns of y; `gates` lies behind the sums that it multiplies.
template <class F>
void writeActivated(const Item& item, int64_t first, int64_t count, const float* sums, int64_t stride, int64_t gates,
                    F f) {
  for (int64_t m = 0; m < item.rows; ++m, sums += stride) {
    float* y = item.pointers.targets[m] + first;
    overLanes(0, count, [&](int64_t c, auto lane) {
      lane.write(y + c, f(lane.read(sums + c), [&] { return lane.read(sums + gates + c); }));
    });
  }
}

// What of an item's sums an activation waits for at once: with their rows 100 KB of the second-level cache.
constexpr int64_t panelsAside = 256 / panelColumns;

// Where a gated product has the columns of its gates, if whole panels of them belong to whole panels of values; else 0.
int64_t gatePanels(const IndirectProduct& product) {
  return product.columns / 2 % panelColumns == 0 ? product.columns / 2 / panelColumns : 0;
}

// An item of a product with an activation: its sums go to `targets` and `sums`, a few panels at a time, and from there to y.
// Of a gated product, `item` has the panels of the values; all of them where values and gates share panels.
void multiplyActivated(const IndirectProduct& product, const Item& item, float** targets, float* sums, int64_t stride) {
  const Activation activation = product.epilogue.activation;
  const bool gated = activation == Activation::geglu;
  const int64_t apart = gated ? gatePanels(product) : 0;
  const int64_t atOnce = gated && apart == 0 ? item.panelLast : panelsAside;
  for (int64_t m = 0; m < item.rows; ++m) targets[m] = sums + m * stride;
  Item part = item;
  part.pointers.targets = targets;
  for (int64_t p = item.panelFirst; p < item.panelLast; p += atOnce) {
    part.panelFirst = p;
    part.panelLast = std::min(p + atOnce, item.panelLast);
    part.origin = p * panelColumns;
    multiplyItem(product, part, stride);
    const int64_t width = std::min(part.panelLast * panelColumns, product.columns) - part.origin;
    if (apart > 0) {
      part.panelFirst += apart;
      part.panelLast += apart;
      part.origin = part.panelFirst * panelColumns - width;
      multiplyItem(product, part, stride);
    }
    const int64_t count = gated && apart == 0 ? width / 2 : width, first = p * panelColumns;
    const auto write = [&](auto f) { writeActivated(item, first, count, sums, stride, count, f); };
    switch (activation) {
      case Activation::silu: write([](Vec x, auto) { return silu(x); }); break;
      case Activation::gelu: write([](Vec x, auto) { return gelu(x); }); break;
      case Activation::quickGelu: write([](Vec x, auto) { return quickGelu(x); }); break;
      case Activation::geglu: write([](Vec x, auto gate) { return mul(x, gelu(gate())); }); break;
      case Activation::none: break;
    }
  }
}

// Floats of a row of one source as pairs. Sixteen more than it takes, as everywhere.
int64_t roundedStride(const Blocking& source) { return source.depth > 0 ? roundedFloats(source.depth) + 16 : 0; }

// The rows that an item reads, as pairs in `out`.
void roundRows(const IndirectProduct& product, const Item& item, float* out) {
  if constexpr (pairProducts) {
    const float** sources = item.pointers.sources;
    for (const Blocking* source : {&product.blocking, &product.more}) {
      if (source->depth == 0) continue;
      for (int64_t i = 0; i < source->taps * item.rows; ++i, ++sources, out += roundedStride(*source)) {
        roundRow(*sources, source->depth, out);
        *sources = out;
      }
    }
  }
}

// `floats` rounded up to whole lines of the cache.
constexpr int64_t wholeLines(int64_t floats) { return ceilDiv(floats, 16) * 16; }

}  // namespace

const float* panelsOf(Context& context, const Tensor& w, Packing packing, int64_t floats, bool kept,
                      const std::function<void(float* out)>& pack) {
  if (kept) return context.packed(w, static_cast<uint32_t>(packing), static_cast<size_t>(floats), pack);
  float* panels = context.scratch(static_cast<size_t>(floats));
  pack(panels);
  return panels;
}

void useWeights(Context& context, IndirectProduct& product, const Tensor& w, bool kept) {
  const Blocking &first = product.blocking, &more = product.more;
  const int64_t columns = product.columns, tapStride = (first.depth + more.depth) * columns;
  product.pairs = w.dtype == Dtype::bf16;
  // Panels of the first source are the weight's own where there is no second one.
  const auto named = [&](Packing one, Packing split) {
    return more.depth == 0 ? one : static_cast<Packing>(static_cast<uint32_t>(split) + static_cast<uint32_t>(first.depth));
  };
  const Packing packing =
      product.pairs ? named(Packing::pairs, Packing::splitPairs) : named(Packing::forward, Packing::split);
  const int64_t floats = panelFloats(product, first) + panelFloats(product, more);
  product.panels = panelsOf(context, w, packing, floats, kept, [&](float* out) {
    for (const Blocking* source : {&first, &more}) {
      if (source->depth == 0) continue;
      const int64_t begin = source == &first ? 0 : first.depth * columns;
      if (product.pairs) packPairs(context, *source, columns, w.bf16() + begin, tapStride, out);
      else packPanels(context, *source, columns, {w.f32() + begin, tapStride, columns, 1}, out);
      out += panelFloats(product, *source);
    }
  });
}

void multiplyIndirect(Context& context, const IndirectProduct& product) {
  if (product.rows == 0 || product.columns == 0) return;
  const int64_t taps = product.blocking.taps * product.sources(), panels = ceilDiv(product.columns, panelColumns);
  const bool activated = product.epilogue.activation != Activation::none;
  const bool gated = product.epilogue.activation == Activation::geglu;
  const bool whole = gated && gatePanels(product) == 0;
  const Deal deal(product.rows, gated && !whole ? panels / 2 : panels, whole ? 1 : context.threads());
  // Sixteen floats more, lest rows a power of two apart compete for a few lines of the first-level cache.
  const int64_t stride = !activated ? 0 : (whole ? panels : (gated ? 2 : 1) * panelsAside) * panelColumns + 16;
  const bool rounded = multipliesPairs(product);
  const Blocking &source = product.blocking, &more = product.more;
  const int64_t pairsOfRow = rounded ? source.taps * (roundedStride(source) + roundedStride(more)) : 0;
  const int64_t largest = std::max(source.tapBlock * source.depthBlock, more.tapBlock * more.depthBlock);
  const int64_t widened = product.pairs && !rounded ? largest * panelColumns : 0;
  context.parallel(deal.rowBlocks * deal.panelBlocks, [&](int64_t index, int thread) {
    const int64_t firstRow = index / deal.panelBlocks * deal.rowBlock,
                  firstPanel = index % deal.panelBlocks * deal.panelBlock;
    Item item{std::min(deal.rowBlock, product.rows - firstRow),
              firstPanel,
              std::min(firstPanel + deal.panelBlock, deal.panels),
              {},
              nullptr};
    const int64_t pointers = wholeLines(pointerFloats((taps + 3) * item.rows)), sums = item.rows * stride;
    float* scratch = context.threadScratch(
        thread, static_cast<size_t>(pointers + sums + item.rows * pairsOfRow + widened));
    const float** table = reinterpret_cast<const float**>(scratch);
    item.widened = scratch + pointers + sums;
    item.pointers = {table, const_cast<float**>(table + taps * item.rows), table + (taps + 1) * item.rows};
    product.locate(firstRow, item.rows, item.pointers);
    if (rounded) roundRows(product, item, scratch + pointers + sums);
    if (!activated) {
      multiplyItem(product, item, product.columns);
      if (product.past) settle();
      return;
    }
    multiplyActivated(product, item, const_cast<float**>(table + (taps + 2) * item.rows), scratch + pointers, stride);
  });
}

}  // namespace counterpoint::COUNTERPOINT_ISA
