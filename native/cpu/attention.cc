// y_i = sum over j of p_ij v_j with p_i = softmax_j(q_i . k_j / sqrt d), per image and head.
//
// A head is d columns of [tokens, heads * d]. Scores are formed transposed, a panel of queries in the lanes and a block
// of keys below one another, so that maximum, exponential and sum need no step across lanes; keys and values are the
// broadcast operands of register tiles (gemm/tile.h). A block of scores lives in the first-level cache and is gone after
// its values are added: the softmax runs online (Milakov and Gimelshein 2018, "Online normalizer calculation for
// softmax"; Dao et al. 2022, "FlashAttention"). Every block sums from zero, which keeps chains of additions short.
//
// An absent key is never read: the result is, bit for bit, that of an attention without it. A result's row is computed
// from its own query alone, in an order that the number of present keys fixes: neither its panel, nor the batch, nor the
// threads leave a trace.
//
// Where operands may be rounded to bf16 and there are products of these, both products take pairs (gemm/pairs.h): of channels
// for the scores, of keys for the sums. Scores, weights and totals stay f32.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "cpu/gemm/pairs.h"
#include "cpu/gemm/tile.h"
#include "cpu/simd.h"
#include "generated/ops.h"

namespace counterpoint::COUNTERPOINT_ISA {
namespace {

constexpr int64_t mostKeys = 4096 / panelColumns;  // of a block: 16 KB of scores

struct Sizes {
  int64_t images, heads, queries, keys, width;  // width: channels of a head
  int64_t blockQueries, blocks;
  bool causal;

  Sizes(const Attention& op, int threads)
      : images(op.q.shape[0]), heads(op.heads), queries(op.q.shape[1]), keys(op.k.shape[1]),
        width(op.q.shape[2] / op.heads), causal(op.causal != 0) {
    // Queries and sums of a block stay in the second-level cache, and there are blocks enough for the threads.
    constexpr int64_t most = 40 * 1024;  // floats of either
    const int64_t panels = ceilDiv(queries, panelColumns), wanted = threads > 1 ? 4 * threads : 1;
    const int64_t atOnce = std::max<int64_t>(1, most / (panelColumns * width));
    blocks = std::clamp(ceilDiv(wanted, images * heads), ceilDiv(panels, atOnce), panels);
    blockQueries = ceilDiv(panels, blocks) * panelColumns;
    blocks = ceilDiv(queries, blockQueries);
  }

  int64_t stride() const { return heads * width; }
  // Head `index` (image * heads + head) of a tensor [images, tokens, heads * width].
  float* head(const Tensor& tensor, int64_t index) const {
    return tensor.f32() + index / heads * tensor.shape[1] * stride() + index % heads * width;
  }
};

// The keys of one image that are there, in their order.
struct PresentKeys {
  const int32_t* indices;
  int64_t count;

  // How many of them a causal query sees.
  int64_t upTo(int64_t query) const { return std::upper_bound(indices, indices + count, query) - indices; }
};

// For every image its present keys' number, then their indices: [images][1 + keys].
const int32_t* listPresentKeys(const Tensor& keyMask, const Sizes& sizes, Context& context) {
  int32_t* lists = reinterpret_cast<int32_t*>(context.scratch(static_cast<size_t>(sizes.images * (1 + sizes.keys))));
  const int64_t masked = keyMask ? keyMask.shape[1] : 0;
  for (int64_t n = 0; n < sizes.images; ++n) {
    int32_t* list = lists + n * (1 + sizes.keys);
    int32_t count = 0;
    for (int64_t j = 0; j < sizes.keys; ++j) {
      if (j >= masked || keyMask.f32()[n * masked + j] != 0.0f) list[++count] = static_cast<int32_t>(j);
    }
    list[0] = count;
  }
  return lists;
}

// What is multiplied: floats, or pairs of bf16. Numbers that a product sums over lie `together` in a lane, zeros behind the last.
struct Floats {
  static constexpr int64_t together = 1;
  static constexpr auto multiplyRaising = multiplyRaisingTile;
  static constexpr auto multiplyTransposed = multiplyTransposedTile;
  static COUNTERPOINT_INLINE Vec abreast(const Vec (&x)[1]) { return x[0]; }
  static void takeRow(const float* row, int64_t count, float* to) {
    int64_t c = 0;
    for (; c + lanes <= count; c += lanes) store(to + c, load(row + c));
    if (c < count) storePart(to + c, loadPart(row + c, count - c), count - c);
  }
};
#ifdef COUNTERPOINT_PAIR_PRODUCTS
struct Pairs {
  static constexpr int64_t together = 2;
  static constexpr auto multiplyRaising = multiplyRaisingPairsTile;
  static constexpr auto multiplyTransposed = multiplyTransposedPairsTile;
  static COUNTERPOINT_INLINE Vec abreast(const Vec (&x)[2]) { return roundAbreast(x[0], x[1]); }
  static void takeRow(const float* row, int64_t count, float* to) { roundRow(row, count, to); }
};
#endif

// Rows of an operand for `count` numbers that a product sums over.
template <class Operand>
constexpr int64_t rowsOf(int64_t count) {
  return ceilDiv(count, Operand::together);
}

// A panel of up to P queries: what of it lives from one block of keys to the next.
struct Panel {
  float* queries;  // [rows of width][P], times log2(e) / sqrt(width)
  float* sums;     // [width][P], of e^(score - maximum) v
  float* maxima;   // [P], of the scores so far
  float* totals;   // [P], of e^(score - maximum)
  int vectors;     // that hold a query
};

// -infinity where key indices[j] comes after the query in the lane; the first lane is query `first`. `greatest` is
// raised to what remains.
void hideLaterKeys(float* scores, const int32_t* indices, int64_t count, int64_t first, float* greatest) {
  for (int64_t j = 0; j < count; ++j, scores += panelColumns) {
    const int64_t hidden = std::clamp<int64_t>(indices[j] - first, 0, panelColumns);
    std::fill(scores, scores + hidden, -std::numeric_limits<float>::infinity());
    for (int64_t i = 0; i < panelColumns; i += lanes) store(greatest + i, max(load(scores + i), load(greatest + i)));
  }
}

// Scores [count][P] become their weights 2^(score - greatest), [rows of count][P], under a greatest score that is at least
// the maximum; that becomes the maximum, and `factors` what the weights so far are to be multiplied by.
template <class Operand, int V>
COUNTERPOINT_NOINLINE void weigh(float* scores, int64_t count, const float* greatest, const Panel& panel,
                                 float* factors) {
  Vec most[V], total[V];
  COUNTERPOINT_UNROLL
  for (int v = 0; v < V; ++v) most[v] = load(greatest + v * lanes), total[v] = zero();
  float* out = scores;
  for (int64_t j = 0; j < count; j += Operand::together, out += panelColumns) {
    COUNTERPOINT_UNROLL
    for (int v = 0; v < V; ++v) {
      Vec weights[Operand::together];
      COUNTERPOINT_UNROLL
      for (int64_t i = 0; i < Operand::together; ++i) {
        const float* score = scores + (j + i) * panelColumns + v * lanes;
        weights[i] = j + i < count ? exp2(sub(load(score), most[v])) : zero();
        total[v] = add(total[v], weights[i]);
      }
      store(out + v * lanes, Operand::abreast(weights));
    }
  }
  COUNTERPOINT_UNROLL
  for (int v = 0; v < V; ++v) {
    const Vec factor = exp2(sub(load(panel.maxima + v * lanes), most[v]));
    store(factors + v * lanes, factor);
    store(panel.maxima + v * lanes, most[v]);
    store(panel.totals + v * lanes, fma(load(panel.totals + v * lanes), factor, total[v]));
  }
}

// A block of keys, [count][rows of width], and their values, [rows of count][width].
struct KeyBlock {
  const float *keys, *values;
  const int32_t* indices;  // of the keys where queries see them only from there on, or null
  int64_t count;
};

// Takes the first `count` keys of a block into a panel's sums.
template <class Operand>
void attend(const Panel& panel, int64_t width, const KeyBlock& block, int64_t count, int64_t firstQuery,
            float* scores) {
  alignas(64) float greatest[panelColumns], factors[panelColumns];
  std::copy(panel.maxima, panel.maxima + panelColumns, greatest);
  for (int64_t j = 0; j < count;) {
    const int rows = nextRows(count - j);
    const int64_t depth = rowsOf<Operand>(width);
    Operand::multiplyRaising(rows, block.keys + j * depth, depth, panel.queries, scores + j * panelColumns, greatest,
                             panel.vectors);
    j += rows;
  }
  if (block.indices && block.indices[count - 1] > firstQuery) {
    std::copy(panel.maxima, panel.maxima + panelColumns, greatest);
    hideLaterKeys(scores, block.indices, count, firstQuery, greatest);
  }
  const auto weighPanel = panel.vectors == 2 ? weigh<Operand, 2> : weigh<Operand, 1>;
  weighPanel(scores, count, greatest, panel, factors);
  const float* values[mostKeys];
  const int64_t rows = rowsOf<Operand>(count);
  for (int64_t j = 0; j < rows; ++j) values[j] = block.values + j * width;
  for (int64_t c = 0; c < width;) {
    const int channels = nextRows(width - c);
    Operand::multiplyTransposed(channels, values, c, rows, scores, panel.sums + c * panelColumns, panelColumns, true,
                                panel.vectors, factors);
    c += channels;
  }
}

template <class Operand>
void packQueries(const float* q, int64_t stride, int64_t count, int64_t width, const Panel& panel) {
  packPanel(q, 1, stride, width, count, panel.queries);
  const Vec scale = broadcast(1.44269504f / std::sqrt(static_cast<float>(width)));
  float* out = panel.queries;
  for (int64_t c = 0; c < width; c += Operand::together) {
    for (int64_t n = 0; n < panelColumns; n += lanes, out += lanes) {
      Vec channels[Operand::together];
      for (int64_t i = 0; i < Operand::together; ++i) {
        channels[i] = c + i < width ? mul(load(panel.queries + (c + i) * panelColumns + n), scale) : zero();
      }
      store(out, Operand::abreast(channels));
    }
  }
  for (int64_t i = 0; i < width * panelColumns; i += lanes) store(panel.sums + i, zero());
  for (int64_t i = 0; i < panelColumns; i += lanes) {
    store(panel.maxima + i, broadcast(std::numeric_limits<float>::lowest()));
    store(panel.totals + i, zero());
  }
}

// The rows indices[j] of a head's keys, one after the other. Heads are narrow and lie far apart, which caches take badly.
template <class Operand>
void takeKeys(const float* from, int64_t stride, const int32_t* indices, int64_t count, int64_t width, float* to) {
  for (int64_t j = 0; j < count; ++j, to += rowsOf<Operand>(width)) Operand::takeRow(from + indices[j] * stride, width, to);
}

// The same of its values, `together` of them in a row.
template <class Operand>
void takeValues(const float* from, int64_t stride, const int32_t* indices, int64_t count, int64_t width, float* to) {
  for (int64_t j = 0; j < count; j += Operand::together, to += width) {
    for (int64_t c = 0; c < width; c += lanes) {
      const int64_t part = std::min(lanes, width - c);
      Vec values[Operand::together];
      for (int64_t i = 0; i < Operand::together; ++i) {
        const float* row = from + indices[std::min(j + i, count - 1)] * stride + c;
        values[i] = j + i == count ? zero() : part == lanes ? load(row) : loadPart(row, part);
      }
      const Vec value = Operand::abreast(values);
      part == lanes ? store(to + c, value) : storePart(to + c, value, part);
    }
  }
}

// y[r] = the sums of query r over its total; zeros for a query that sees no key.
void writeResults(const Panel& panel, int64_t count, int64_t width, float* y, int64_t stride) {
  for (int64_t half = 0; half < panel.vectors; ++half) {
    const Vec total = load(panel.totals + half * lanes);
    // A total is at least 1, of the greatest score itself, or 0.
    const Vec factor = bitAndNot(lessThan(total, broadcast(0.5f)), div(broadcast(1.0f), total));
    const int64_t first = half * lanes, rows = std::min(lanes, count - first);
    for (int64_t c = 0; c < width; c += lanes) {
      const int64_t columns = std::min(lanes, width - c);
      Vec square[lanes];
      for (int64_t i = 0; i < lanes; ++i) {
        square[i] = i < columns ? mul(load(panel.sums + (c + i) * panelColumns + first), factor) : zero();
      }
      transpose(square);
      for (int64_t r = 0; r < rows; ++r) {
        float* to = y + (first + r) * stride + c;
        columns == lanes ? store(to, square[r]) : storePart(to, square[r], columns);
      }
    }
  }
}

template <class Operand>
void attendAll(const Attention& op, Context& context) {
  const Sizes sizes(op, context.threads());
  const int32_t* lists = listPresentKeys(op.keyMask, sizes, context);
  const int64_t width = sizes.width, stride = sizes.stride();
  context.parallel(sizes.images * sizes.heads * sizes.blocks, [&](int64_t item, int thread) {
    const int64_t head = item / sizes.blocks, begin = item % sizes.blocks * sizes.blockQueries;
    const int64_t queries = std::min(sizes.blockQueries, sizes.queries - begin);
    const int32_t* list = lists + head / sizes.heads * (1 + sizes.keys);
    const PresentKeys present{list + 1, list[0]};
    const float *k = sizes.head(op.k, head), *v = sizes.head(op.v, head);

    const int64_t area = width * panelColumns, panelFloats = 2 * area + 2 * panelColumns;
    const int64_t keyFloats = mostKeys * rowsOf<Operand>(width) + 2 * lanes;  // a row is taken in whole vectors
    const int64_t shared = mostKeys * (panelColumns + width) + keyFloats;
    float* memory = context.threadScratch(
        thread, static_cast<size_t>(shared + sizes.blockQueries / panelColumns * panelFloats));
    float* scores = memory;
    float* keys = memory + mostKeys * panelColumns;
    float* values = keys + keyFloats;
    const auto panelAt = [&](int64_t first) {
      float* own = memory + shared + first / panelColumns * panelFloats;
      return Panel{own, own + area, own + 2 * area, own + 2 * area + panelColumns, vectorsOf(queries - first)};
    };
    for (int64_t first = 0; first < queries; first += panelColumns) {
      packQueries<Operand>(sizes.head(op.q, head) + (begin + first) * stride, stride, std::min(panelColumns, queries - first),
                           width, panelAt(first));
    }
    const int64_t visible = sizes.causal ? present.upTo(begin + queries - 1) : present.count;
    const int64_t blockKeys = ceilDiv(present.count, std::max<int64_t>(1, ceilDiv(present.count, mostKeys)));
    for (int64_t block = 0; block < visible; block += blockKeys) {
      const int64_t count = std::min(blockKeys, present.count - block);
      const int32_t* indices = present.indices + block;
      takeKeys<Operand>(k, stride, indices, count, width, keys);
      takeValues<Operand>(v, stride, indices, count, width, values);
      const KeyBlock keyBlock{keys, values, sizes.causal ? indices : nullptr, count};
      for (int64_t first = 0; first < queries; first += panelColumns) {
        const int64_t last = begin + std::min(first + panelColumns, queries) - 1;
        const int64_t seen = sizes.causal ? std::min(count, present.upTo(last) - block) : count;
        if (seen <= 0) continue;
        attend<Operand>(panelAt(first), width, keyBlock, seen, begin + first, scores);
      }
    }
    for (int64_t first = 0; first < queries; first += panelColumns) {
      writeResults(panelAt(first), std::min(panelColumns, queries - first), width,
                   sizes.head(op.y, head) + (begin + first) * stride, stride);
    }
  });
}

}  // namespace

void attention(const Attention& op, Context& context) {
#ifdef COUNTERPOINT_PAIR_PRODUCTS
  if (op.rounding == AttentionRounding::bf16) return attendAll<Pairs>(op, context);
#endif
  attendAll<Floats>(op, context);
}

}  // namespace counterpoint::COUNTERPOINT_ISA
