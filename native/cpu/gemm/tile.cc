// Register tiles and panel packing: see tile.h. Blocking after Goto and van de Geijn, "Anatomy of High-Performance
// Matrix Multiplication", 2008, with the row operand left unpacked: broadcasts read it well enough where it lies.
#include "cpu/gemm/tile.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

namespace counterpoint::COUNTERPOINT_ISA {

namespace {

// How a tile multiplies and adds.
struct Floats {
  static COUNTERPOINT_INLINE void add(Vec& sum, Vec a, Vec b) { accumulate(sum, a, b); }
};
#ifdef COUNTERPOINT_PAIR_PRODUCTS
struct Pairs {
  static COUNTERPOINT_INLINE void add(Vec& sum, Vec a, Vec b) { accumulatePairs(sum, a, b); }
};
#endif

// sums[r][v] += sum over k < depth of x[r][k] panel[k][v]; where it prefetches, a quarter as much is drawn in from `next`.
template <bool prefetches, int R, int V, class Products>
COUNTERPOINT_INLINE void addProducts(Vec (&sums)[R][V], const float* const (&x)[R], int64_t depth, const float* panel,
                                     const float* next) {
  const auto step = [&](int64_t k) __attribute__((always_inline)) {
    Vec b[V];
    COUNTERPOINT_UNROLL
    for (int v = 0; v < V; ++v) b[v] = load(panel + v * lanes);
    COUNTERPOINT_UNROLL
    for (int r = 0; r < R; ++r) {
      const Vec a = broadcast(x[r] + k);
      COUNTERPOINT_UNROLL
      for (int v = 0; v < V; ++v) Products::add(sums[r][v], a, b[v]);
    }
    panel += panelColumns;
  };
  int64_t k = 0;
  for (; k + 4 <= depth; k += 4) {
    for (int64_t line = 0; prefetches && line < panelColumns; line += 16, next += 16) __builtin_prefetch(next, 0, 2);
    COUNTERPOINT_UNROLL
    for (int u = 0; u < 4; ++u) step(k + u);
  }
  for (; k < depth; ++k) step(k);
}

// Asks for the lines of `rows` that a tile reads or writes at the end.
template <int R, int V, int access>
COUNTERPOINT_INLINE void prefetchRows(const float* const* rows, int64_t column) {
  for (int i = 0; i < V * lanes; i += 16) {
    COUNTERPOINT_UNROLL
    for (int r = 0; r < R; ++r) __builtin_prefetch(rows[r] + column + i, access, 3);
  }
}

// sums[r][v] += what rows[r] has from `column` on.
template <int R, int V>
COUNTERPOINT_INLINE void addRows(Vec (&sums)[R][V], const float* const* rows, int64_t column) {
  COUNTERPOINT_UNROLL
  for (int r = 0; r < R; ++r) {
    const float* row = rows[r] + column;
    COUNTERPOINT_UNROLL
    for (int v = 0; v < V; ++v) sums[r][v] = add(load(row + v * lanes), sums[r][v]);
  }
}

template <bool past, int R, int V>
COUNTERPOINT_INLINE void storeRows(const Vec (&sums)[R][V], float* const* rows, int64_t column) {
  COUNTERPOINT_UNROLL
  for (int r = 0; r < R; ++r) {
    float* row = rows[r] + column;
    COUNTERPOINT_UNROLL
    for (int v = 0; v < V; ++v) past ? storePast(row + v * lanes, sums[r][v]) : store(row + v * lanes, sums[r][v]);
  }
}

// Out of line each, so that g++ gives every tile its own register allocation; inlined, they spill. What a tile needs beside
// its products is asked once, not for every vector: shallow products would spend a good part of their time on it.
template <int R, int V, class Products>
COUNTERPOINT_NOINLINE void multiply(const Tile& tile) {
  Vec sums[R][V];
  COUNTERPOINT_UNROLL
  for (int v = 0; v < V; ++v) {
    const Vec start = tile.start ? load(tile.start + v * lanes) : zero();
    COUNTERPOINT_UNROLL
    for (int r = 0; r < R; ++r) sums[r][v] = start;
  }
  if (!tile.past) prefetchRows<R, V, 1>(tile.targets, tile.column);
  if (tile.residuals) prefetchRows<R, V, 0>(tile.residuals, tile.column);
  for (int64_t block = 0;; ++block) {
    const float* panel = tile.panel + block * tile.panelStep;
    const float* next = tile.next + block * tile.panelStep;
    const float* const* rows = tile.rows;
    const int64_t offset = tile.depthOffset + block * tile.depth;
    for (int64_t s = 0; s < tile.segments; ++s, rows += tile.rowStep) {
      const float* x[R];
      COUNTERPOINT_UNROLL
      for (int r = 0; r < R; ++r) x[r] = rows[r] + offset;
      addProducts<true, R, V, Products>(sums, x, tile.depth, panel, next);
      panel += tile.depth * panelColumns;
      next += tile.depth / 4 * panelColumns;
    }
    float* totals = tile.totals;
    if (block > 0) {
      COUNTERPOINT_UNROLL
      for (int r = 0; r < R; ++r) {
        COUNTERPOINT_UNROLL
        for (int v = 0; v < V; ++v) sums[r][v] = add(load(totals + r * panelColumns + v * lanes), sums[r][v]);
      }
    }
    if (block + 1 == tile.blocks) break;
    COUNTERPOINT_UNROLL
    for (int r = 0; r < R; ++r) {
      COUNTERPOINT_UNROLL
      for (int v = 0; v < V; ++v) {
        store(totals + r * panelColumns + v * lanes, sums[r][v]);
        sums[r][v] = zero();
      }
    }
  }
  float* const* const targets = tile.targets;
  const int64_t column = tile.column;
  const float* const* const residuals = tile.residuals;
  if (tile.accumulate) addRows(sums, targets, column);
  if (residuals) addRows(sums, residuals, column);
  if (tile.past) storeRows<true>(sums, targets, column);
  else storeRows<false>(sums, targets, column);
}

template <int R, int V, class Products>
COUNTERPOINT_NOINLINE void multiplyRaising(const float* x, int64_t depth, const float* panel, float* out,
                                           float* greatest) {
  Vec sums[R][V];
  const float* rows[R];
  COUNTERPOINT_UNROLL
  for (int r = 0; r < R; ++r) {
    rows[r] = x + r * depth;
    COUNTERPOINT_UNROLL
    for (int v = 0; v < V; ++v) sums[r][v] = zero();
  }
  addProducts<false, R, V, Products>(sums, rows, depth, panel, nullptr);
  COUNTERPOINT_UNROLL
  for (int v = 0; v < V; ++v) {
    Vec most = load(greatest + v * lanes);
    COUNTERPOINT_UNROLL
    for (int r = 0; r < R; ++r) {
      most = max(sums[r][v], most);
      store(out + r * panelColumns + v * lanes, sums[r][v]);
    }
    store(greatest + v * lanes, most);
  }
}

template <int R, int V, class Products>
COUNTERPOINT_NOINLINE void multiplyTransposed(const float* const* rows, int64_t column, int64_t count,
                                              const float* panel, float* out, int64_t outStride, bool accumulating,
                                              const float* factors) {
  Vec sums[R][V];
  COUNTERPOINT_UNROLL
  for (int r = 0; r < R; ++r) {
    COUNTERPOINT_UNROLL
    for (int v = 0; v < V; ++v) sums[r][v] = zero();
  }
  const auto step = [&](const float* x) __attribute__((always_inline)) {
    asm("" : "+r"(x));  // or g++ keeps column + r in a register for every r, and has too few
    Vec b[V];
    COUNTERPOINT_UNROLL
    for (int v = 0; v < V; ++v) b[v] = load(panel + v * lanes);
    COUNTERPOINT_UNROLL
    for (int r = 0; r < R; ++r) {
      const Vec a = broadcast(x + r);
      COUNTERPOINT_UNROLL
      for (int v = 0; v < V; ++v) Products::add(sums[r][v], a, b[v]);
    }
    panel += panelColumns;
  };
  int64_t i = 0;
  for (; i + 4 <= count; i += 4) {
    COUNTERPOINT_UNROLL
    for (int u = 0; u < 4; ++u) step(rows[i + u] + column);
  }
  for (; i < count; ++i) step(rows[i] + column);
  Vec factor[V];
  COUNTERPOINT_UNROLL
  for (int v = 0; v < V; ++v) factor[v] = factors ? load(factors + v * lanes) : broadcast(1.0f);
  COUNTERPOINT_UNROLL
  for (int r = 0; r < R; ++r, out += outStride) {
    COUNTERPOINT_UNROLL
    for (int v = 0; v < V; ++v) {
      float* y = out + v * lanes;
      store(y, accumulating ? fma(load(y), factor[v], sums[r][v]) : sums[r][v]);
    }
  }
}

// The kernels for 1 to tileRows rows of one vector, then of two.
template <class Products, int... R>
constexpr auto multipliers(std::integer_sequence<int, R...>) {
  return std::array{multiply<R + 1, 1, Products>..., multiply<R + 1, 2, Products>...};
}
template <class Products, int... R>
constexpr auto raisingMultipliers(std::integer_sequence<int, R...>) {
  return std::array{multiplyRaising<R + 1, 1, Products>..., multiplyRaising<R + 1, 2, Products>...};
}
template <class Products, int... R>
constexpr auto transposedMultipliers(std::integer_sequence<int, R...>) {
  return std::array{multiplyTransposed<R + 1, 1, Products>..., multiplyTransposed<R + 1, 2, Products>...};
}
template <class Products>
constexpr auto multiplierOf = multipliers<Products>(std::make_integer_sequence<int, tileRows>());
template <class Products>
constexpr auto raisingMultiplierOf = raisingMultipliers<Products>(std::make_integer_sequence<int, tileRows>());
template <class Products>
constexpr auto transposedMultiplierOf = transposedMultipliers<Products>(std::make_integer_sequence<int, tileRows>());

constexpr size_t kernelIndex(int rows, int vectors) { return static_cast<size_t>((vectors - 1) * tileRows + rows - 1); }

}  // namespace

void multiplyTile(int rows, const Tile& tile) { multiplierOf<Floats>[kernelIndex(rows, tile.vectors)](tile); }

void multiplyRaisingTile(int rows, const float* x, int64_t depth, const float* panel, float* out, float* greatest,
                         int vectors) {
  raisingMultiplierOf<Floats>[kernelIndex(rows, vectors)](x, depth, panel, out, greatest);
}

void multiplyTransposedTile(int outputs, const float* const* rows, int64_t column, int64_t count, const float* panel,
                            float* out, int64_t outStride, bool accumulate, int vectors, const float* factors) {
  transposedMultiplierOf<Floats>[kernelIndex(outputs, vectors)](rows, column, count, panel, out, outStride, accumulate,
                                                                factors);
}

#ifdef COUNTERPOINT_PAIR_PRODUCTS
void multiplyPairsTile(int rows, const Tile& tile) { multiplierOf<Pairs>[kernelIndex(rows, tile.vectors)](tile); }

void multiplyRaisingPairsTile(int rows, const float* x, int64_t depth, const float* panel, float* out, float* greatest,
                              int vectors) {
  raisingMultiplierOf<Pairs>[kernelIndex(rows, vectors)](x, depth, panel, out, greatest);
}

void multiplyTransposedPairsTile(int outputs, const float* const* rows, int64_t column, int64_t count,
                                 const float* panel, float* out, int64_t outStride, bool accumulate, int vectors,
                                 const float* factors) {
  transposedMultiplierOf<Pairs>[kernelIndex(outputs, vectors)](rows, column, count, panel, out, outStride, accumulate,
                                                               factors);
}
#endif

Blocking::Blocking(int64_t taps, int64_t depth) : taps(taps), depth(depth), depthBlock(depth), tapBlock(1) {
  constexpr int64_t most = std::max<int64_t>(384, 24 * 1024 / (panelColumns * static_cast<int64_t>(sizeof(float))));
  if (depth > most) {
    depthBlock = ceilDiv(ceilDiv(depth, ceilDiv(depth, most)), 4) * 4;  // even parts, whole steps of the unrolled loop
  } else if (depth > 0 && taps > 0) {
    tapBlock = ceilDiv(taps, ceilDiv(taps, std::max<int64_t>(1, most / depth)));
  }
}

void packPanel(const float* data, int64_t depthStride, int64_t columnStride, int64_t depth, int64_t columns,
               float* out) {
  if (columnStride == 1) {
    if (columns == panelColumns) {
      for (int64_t k = 0; k < depth; ++k, data += depthStride, out += panelColumns) {
        store(out, load(data));
        store(out + lanes, load(data + lanes));
      }
      return;
    }
    const int64_t first = std::min(columns, lanes), second = columns - first;
    for (int64_t k = 0; k < depth; ++k, data += depthStride, out += panelColumns) {
      store(out, loadPart(data, first));
      store(out + lanes, second > 0 ? loadPart(data + lanes, second) : zero());
    }
    return;
  }
  // Columns are the distant direction: squares are read along k and turned.
  for (int64_t half = 0; half < panelColumns; half += lanes) {
    const int64_t present = std::clamp<int64_t>(columns - half, 0, lanes);
    for (int64_t k = 0; k < depth; k += lanes) {
      const int64_t length = std::min(lanes, depth - k);
      Vec square[lanes];
      for (int64_t n = 0; n < lanes; ++n) {
        const float* from = data + (half + n) * columnStride + k;
        square[n] = n >= present ? zero() : length == lanes ? load(from) : loadPart(from, length);
      }
      transpose(square);
      for (int64_t i = 0; i < length; ++i) store(out + (k + i) * panelColumns + half, square[i]);
    }
  }
}

void overPanels(Context& context, const Blocking& blocking, int64_t columns,
                const std::function<void(const PanelPlace& place)>& body) {
  const int64_t panels = ceilDiv(columns, panelColumns);
  // Blocks run over the depth first, then over groups of taps.
  const int64_t tapBlocks = ceilDiv(blocking.taps, blocking.tapBlock),
                depthBlocks = ceilDiv(blocking.depth, blocking.depthBlock);
  context.parallel(depthBlocks * tapBlocks * panels, [&](int64_t item, int) {
    const int64_t tap = item / panels % tapBlocks * blocking.tapBlock;
    const int64_t k = item / panels / tapBlocks * blocking.depthBlock;
    body({tap, std::min(blocking.tapBlock, blocking.taps - tap), k, std::min(blocking.depthBlock, blocking.depth - k),
          item % panels});
  });
}

void packPanels(Context& context, const Blocking& blocking, int64_t columns, const WeightView& weight, float* out) {
  const int64_t panels = ceilDiv(columns, panelColumns);
  overPanels(context, blocking, columns, [&](const PanelPlace& at) {
    const int64_t column = at.panel * panelColumns;
    float* to =
        out + ((at.k * blocking.taps + at.tap * at.depth) * panels + at.panel * at.taps * at.depth) * panelColumns;
    for (int64_t t = at.tap; t < at.tap + at.taps; ++t, to += at.depth * panelColumns) {
      const int64_t stored = weight.tapOrder ? weight.tapOrder[t] : t;
      packPanel(weight.data + stored * weight.tapStride + at.k * weight.depthStride + column * weight.columnStride,
                weight.depthStride, weight.columnStride, at.depth, std::min(panelColumns, columns - column), to);
    }
  });
}

}  // namespace counterpoint::COUNTERPOINT_ISA
