// The gradients of attention, from probabilities computed again (lib/ops/attention.ts has the formulas).
//
// Heads are read and written in place, d columns of [tokens, heads * d]. Scores of a block of queries stand in a
// thread's scratch as rows over all keys, so the softmax is the plain one. Keys and values are packed once per image
// and head, after which all products are register tiles over panels (gemm/tile.h).
//
// An absent key has probability exactly 0 and is packed as zeros, so nothing it holds can reach a result. What a query
// adds is computed from it alone, in an order that the numbers of keys and channels fix: neither the batch nor the
// threads leave a trace.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "cpu/gemm/tile.h"
#include "cpu/simd.h"
#include "generated/ops.h"

namespace counterpoint::COUNTERPOINT_ISA {
namespace {

constexpr int64_t mostQueries = 48;  // of a block
constexpr int64_t depthBlock = 384;  // terms of one chain of additions; 24 KB of a panel
constexpr float infinity = std::numeric_limits<float>::infinity();

// Rows of `columns` floats, `stride` apart.
struct Rows {
  float* data;
  int64_t count, columns, stride;
};

constexpr int64_t wholePanels(int64_t columns) { return ceilDiv(columns, panelColumns) * panelColumns; }

struct Sizes {
  int64_t images, heads, queries, keys, width;  // width: channels of a head
  int64_t paddedKeys, paddedWidth;              // whole panels
  int64_t blockQueries;
  bool causal;
  float scale;

  Sizes(const Tensor& q, const Tensor& k, int64_t heads, bool causal)
      : images(q.shape[0]), heads(heads), queries(q.shape[1]), keys(k.shape[1]), width(q.shape[2] / heads),
        paddedKeys(wholePanels(keys)), paddedWidth(wholePanels(width)), causal(causal),
        scale(1.0f / std::sqrt(static_cast<float>(width))) {
    const int64_t most = keys <= 1024 ? mostQueries : mostQueries / 2;  // scores stay in the second-level cache
    blockQueries = ceilDiv(ceilDiv(queries, ceilDiv(queries, most)), 2) * 2;
  }

  int64_t channels() const { return heads * width; }
  // The keys that the queries before `end` may see.
  int64_t keysBefore(int64_t end) const { return causal ? std::min(end, keys) : keys; }
  // Head `index` (image * heads + head) of a tensor [images, tokens, heads * width].
  Rows head(const Tensor& tensor, int64_t index) const {
    const int64_t tokens = tensor.shape[1];
    return {tensor.f32() + index / heads * tokens * channels() + index % heads * width, tokens, width, channels()};
  }
};

Rows slice(const Rows& rows, int64_t begin, int64_t count) {
  return {rows.data + begin * rows.stride, count, rows.columns, rows.stride};
}

// 1 for a key that is there, 0 for an absent one and behind the last: [images][paddedKeys].
const float* keysPresent(const Tensor& keyMask, const Sizes& sizes, Context& context) {
  float* present = context.scratch(static_cast<size_t>(sizes.images * sizes.paddedKeys));
  const int64_t masked = keyMask ? keyMask.shape[1] : 0;
  for (int64_t n = 0; n < sizes.images; ++n) {
    float* row = present + n * sizes.paddedKeys;
    for (int64_t j = 0; j < sizes.paddedKeys; ++j) {
      const bool absent = j >= sizes.keys || (j < masked && keyMask.f32()[n * masked + j] == 0.0f);
      row[j] = absent ? 0.0f : 1.0f;
    }
  }
  return present;
}

// Panels over the columns of `rows`, [columns / P][count][P], P = panelColumns.
void packColumns(const Rows& rows, float* out) {
  for (int64_t c = 0; c < rows.columns; c += panelColumns, out += rows.count * panelColumns) {
    packPanel(rows.data + c, rows.stride, 1, rows.count, std::min(panelColumns, rows.columns - c), out);
  }
}

// The same with zeros for rows that are not present.
void packPresent(const Rows& rows, const float* present, float* out) {
  packColumns(rows, out);
  for (int64_t j = 0; j < rows.count; ++j) {
    if (present[j] != 0.0f) continue;
    for (int64_t c = 0; c < rows.columns; c += panelColumns) {
      std::memset(out + c * rows.count + j * panelColumns, 0, panelColumns * sizeof(float));
    }
  }
}

// Panels over the rows of `rows`, [count / P][columns][P]: for products with its transpose.
void packTransposed(const Rows& rows, float* out) {
  for (int64_t j = 0; j < rows.count; j += panelColumns, out += rows.columns * panelColumns) {
    packPanel(rows.data + j * rows.stride, 1, rows.stride, rows.columns, std::min(panelColumns, rows.count - j), out);
  }
}

// out[r, c] = sum over m < depth of a[r, m] b[m, c]. `b` is packed in panels of `panelDepth` rows; whole vectors of out
// are written, up to at least `columns`.
void multiply(const Rows& a, const float* b, int64_t panelDepth, int64_t depth, int64_t columns, float* out,
              int64_t stride) {
  const float* rows[tileRows];
  float* targets[tileRows];
  for (int64_t m = 0; m < depth; m += depthBlock) {
    for (int64_t c = 0; c < columns; c += panelColumns) {
      const float* panel = b + c * panelDepth + m * panelColumns;
      Tile tile{rows, 0, m, 1, std::min(depthBlock, depth - m), panel, panel, nullptr, targets, c, m > 0,
                vectorsOf(columns - c)};
      for (int64_t r = 0; r < a.count;) {
        const int count = nextRows(a.count - r);
        for (int i = 0; i < count; ++i, ++r) {
          rows[i] = a.data + r * a.stride;
          targets[i] = out + r * stride;
        }
        multiplyTile(count, tile);
      }
    }
  }
}

// out[m, c] += sum over r < a.count of a[r, m] b[r, c] for m < outputs, `b` packed in panels.
void multiplyTransposed(const Rows& a, int64_t outputs, const float* b, int64_t columns, float* out, int64_t stride) {
  const float* rows[mostQueries];
  for (int64_t r = 0; r < a.count; ++r) rows[r] = a.data + r * a.stride;
  for (int64_t c = 0; c < columns; c += panelColumns) {
    for (int64_t m = 0; m < outputs;) {
      const int count = nextRows(outputs - m);
      multiplyTransposedTile(count, rows, m, a.count, b + c * a.count, out + m * stride + c, stride, true,
                             vectorsOf(columns - c));
      m += count;
    }
  }
}

// row[j] becomes e^(scale (row[j] - max)) where a key is present, else 0. Returns the sum, 0 where none is.
float exponentiate(float* row, const float* present, int64_t count, float scale) {
  const auto score = [&](int64_t j) __attribute__((always_inline)) {
    return select(lessThan(zero(), load(present + j)), load(row + j), broadcast(-infinity));
  };
  Vec left = broadcast(-infinity), right = left;
  for (int64_t j = 0; j < count; j += 2 * lanes) {
    left = max(score(j), left);
    right = max(score(j + lanes), right);
  }
  const float greatest = maxOfLanes(max(left, right));
  if (greatest == -infinity) {
    std::memset(row, 0, static_cast<size_t>(count) * sizeof(float));
    return 0.0f;
  }
  Vec sum = zero();
  for (int64_t j = 0; j < count; j += lanes) {
    const Vec weight = exp(mul(sub(score(j), broadcast(greatest)), broadcast(scale)));
    store(row + j, weight);
    sum = add(sum, weight);
  }
  return sumOfLanes(sum);
}

// The unnormalised probabilities of queries [begin, begin + q.count) over their visible keys, 0 elsewhere, and the
// reciprocals of their sums (0 for a query that sees no key).
void probabilities(const Sizes& sizes, const Rows& q, int64_t begin, const float* keysTransposed, const float* present,
                   float* rows, float* reciprocals) {
  const int64_t visible = sizes.keysBefore(begin + q.count), padded = wholePanels(visible);
  multiply(q, keysTransposed, sizes.width, sizes.width, padded, rows, sizes.paddedKeys);
  for (int64_t r = 0; r < q.count; ++r) {
    float* row = rows + r * sizes.paddedKeys;
    const int64_t own = sizes.keysBefore(begin + r + 1);
    std::fill(row + own, row + padded, -infinity);
    const float sum = exponentiate(row, present, padded, sizes.scale);
    reciprocals[r] = sum == 0.0f ? 0.0f : 1.0f / sum;
  }
}

// to[r] = from[r]. `from` has whole vectors.
void copyRows(const float* from, int64_t fromStride, const Rows& to) {
  for (int64_t r = 0; r < to.count; ++r) {
    const float* source = from + r * fromStride;
    float* target = to.data + r * to.stride;
    int64_t c = 0;
    for (; c + lanes <= to.columns; c += lanes) store(target + c, load(source + c));
    if (c < to.columns) storePart(target + c, load(source + c), to.columns - c);
  }
}

// From p (unnormalised) and dp of one query: p is normalised, dp becomes ds = scale p (dp - sum over j of p_j dp_j).
// An absent key's dp is never looked at.
void scoreGradient(float* p, float* dp, const float* present, int64_t count, float reciprocal, float scale) {
  Vec sum = zero();
  for (int64_t j = 0; j < count; j += lanes) {
    const Vec normal = mul(load(p + j), broadcast(reciprocal));
    const Vec dpPresent = bitAnd(lessThan(zero(), load(present + j)), load(dp + j));
    store(p + j, normal);
    store(dp + j, dpPresent);
    sum = fma(normal, dpPresent, sum);
  }
  const Vec mean = broadcast(sumOfLanes(sum));
  for (int64_t j = 0; j < count; j += lanes) {
    store(dp + j, mul(mul(load(p + j), sub(load(dp + j), mean)), broadcast(scale)));
  }
}

// A thread's memory for the gradient of one head.
struct GradientScratch {
  float *keysTransposed, *valuesTransposed, *keys;  // packed
  float *queries, *upstream;                        // packed, of one block of queries
  float *p, *dp;                                    // [blockQueries][paddedKeys]
  float *dq;                                        // [blockQueries][paddedWidth]
  float *dk, *dv;                                   // [keys][paddedWidth]

  GradientScratch(const Sizes& sizes, Context& context, int thread) {
    const int64_t transposed = sizes.paddedKeys * sizes.width, byKey = sizes.keys * sizes.paddedWidth;
    const int64_t scores = sizes.blockQueries * sizes.paddedKeys, byQuery = sizes.blockQueries * sizes.paddedWidth;
    const int64_t total = 2 * transposed + 3 * byKey + 3 * byQuery + 2 * scores;
    float* next = context.threadScratch(thread, static_cast<size_t>(total));
    const auto take = [&](int64_t floats) { return (next += floats) - floats; };
    keysTransposed = take(transposed), valuesTransposed = take(transposed), keys = take(byKey);
    queries = take(byQuery), upstream = take(byQuery);
    p = take(scores), dp = take(scores);
    dq = take(byQuery);
    dk = take(byKey), dv = take(byKey);
  }
};

void headGradient(const AttentionGradient& op, const Sizes& sizes, int64_t head, const float* present,
                  const GradientScratch& scratch) {
  const Rows q = sizes.head(op.q, head), k = sizes.head(op.k, head), dy = sizes.head(op.dy, head);
  packTransposed(k, scratch.keysTransposed);
  packTransposed(sizes.head(op.v, head), scratch.valuesTransposed);
  packPresent(k, present, scratch.keys);
  const int64_t width = sizes.width, stride = sizes.paddedKeys;
  std::fill(scratch.dk, scratch.dk + sizes.keys * sizes.paddedWidth, 0.0f);
  std::fill(scratch.dv, scratch.dv + sizes.keys * sizes.paddedWidth, 0.0f);
  for (int64_t begin = 0; begin < sizes.queries; begin += sizes.blockQueries) {
    const int64_t count = std::min(sizes.blockQueries, sizes.queries - begin);
    const int64_t visible = sizes.keysBefore(begin + count);
    const Rows blockQ = slice(q, begin, count), blockDy = slice(dy, begin, count);
    float reciprocals[mostQueries];
    probabilities(sizes, blockQ, begin, scratch.keysTransposed, present, scratch.p, reciprocals);
    multiply(blockDy, scratch.valuesTransposed, width, width, wholePanels(visible), scratch.dp, stride);
    for (int64_t r = 0; r < count; ++r) {
      scoreGradient(scratch.p + r * stride, scratch.dp + r * stride, present, wholePanels(visible), reciprocals[r],
                    sizes.scale);
    }
    const Rows p{scratch.p, count, visible, stride}, ds{scratch.dp, count, visible, stride};
    multiply(ds, scratch.keys, sizes.keys, visible, width, scratch.dq, sizes.paddedWidth);
    copyRows(scratch.dq, sizes.paddedWidth, slice(sizes.head(op.dq, head), begin, count));
    packColumns(blockQ, scratch.queries);
    packColumns(blockDy, scratch.upstream);
    multiplyTransposed(ds, visible, scratch.queries, width, scratch.dk, sizes.paddedWidth);
    multiplyTransposed(p, visible, scratch.upstream, width, scratch.dv, sizes.paddedWidth);
  }
  copyRows(scratch.dk, sizes.paddedWidth, sizes.head(op.dk, head));
  copyRows(scratch.dv, sizes.paddedWidth, sizes.head(op.dv, head));
}

}  // namespace

void attentionGradient(const AttentionGradient& op, Context& context) {
  const Sizes sizes(op.q, op.k, op.heads, op.causal != 0);
  const float* present = keysPresent(op.keyMask, sizes, context);
  context.parallel(sizes.images * sizes.heads, [&](int64_t head, int thread) {
    const GradientScratch scratch(sizes, context, thread);
    headGradient(op, sizes, head, present + head / sizes.heads * sizes.paddedKeys, scratch);
  });
}

}  // namespace counterpoint::COUNTERPOINT_ISA
