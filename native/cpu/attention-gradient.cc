// The gradients of attention, from probabilities computed again (lib/ops/attention.ts has the formulas).
//
// Keys and values are packed once per image and head, after which all products are register tiles over panels
// (gemm/tile.h). An absent key is packed as zeros, so nothing it holds can reach a result.
#include <algorithm>
#include <cstring>

#include "cpu/attention-probabilities.h"
#include "generated/ops.h"

namespace counterpoint::COUNTERPOINT_ISA {
namespace {

// Panels over the columns of `rows`, [columns / P][count][P], P = panelColumns.
void packColumns(const HeadRows& rows, float* out) {
  for (int64_t c = 0; c < rows.columns; c += panelColumns, out += rows.count * panelColumns) {
    packPanel(rows.data + c, rows.stride, 1, rows.count, std::min(panelColumns, rows.columns - c), out);
  }
}

// The same with zeros for rows that are not present.
void packPresent(const HeadRows& rows, const float* present, float* out) {
  packColumns(rows, out);
  for (int64_t j = 0; j < rows.count; ++j) {
    if (present[j] != 0.0f) continue;
    for (int64_t c = 0; c < rows.columns; c += panelColumns) {
      std::memset(out + c * rows.count + j * panelColumns, 0, panelColumns * sizeof(float));
    }
  }
}

// out[m, c] += sum over r < a.count of a[r, m] b[r, c] for m < outputs, `b` packed in panels.
void multiplyTransposed(const HeadRows& a, int64_t outputs, const float* b, int64_t columns, float* out, int64_t stride) {
  const float* rows[mostQueriesAtOnce];
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

// to[r] = from[r]. `from` has whole vectors.
void copyRows(const float* from, int64_t fromStride, const HeadRows& to) {
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

  GradientScratch(const HeadSizes& sizes, Context& context, int thread) {
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

void headGradient(const AttentionGradient& op, const HeadSizes& sizes, int64_t head, const float* present,
                  const GradientScratch& scratch) {
  const HeadRows q = sizes.head(op.q, head), k = sizes.head(op.k, head), dy = sizes.head(op.dy, head);
  packTransposed(k, scratch.keysTransposed);
  packTransposed(sizes.head(op.v, head), scratch.valuesTransposed);
  packPresent(k, present, scratch.keys);
  const int64_t width = sizes.width, stride = sizes.paddedKeys;
  std::fill(scratch.dk, scratch.dk + sizes.keys * sizes.paddedWidth, 0.0f);
  std::fill(scratch.dv, scratch.dv + sizes.keys * sizes.paddedWidth, 0.0f);
  for (int64_t begin = 0; begin < sizes.queries; begin += sizes.blockQueries) {
    const int64_t count = std::min(sizes.blockQueries, sizes.queries - begin);
    const int64_t visible = sizes.keysBefore(begin + count);
    const HeadRows blockQ = slice(q, begin, count), blockDy = slice(dy, begin, count);
    float reciprocals[mostQueriesAtOnce];
    probabilities(sizes, blockQ, begin, scratch.keysTransposed, present, scratch.p, reciprocals);
    multiplyPanels(blockDy, scratch.valuesTransposed, width, width, wholePanels(visible), scratch.dp, stride);
    for (int64_t r = 0; r < count; ++r) {
      scoreGradient(scratch.p + r * stride, scratch.dp + r * stride, present, wholePanels(visible), reciprocals[r],
                    sizes.scale);
    }
    const HeadRows p{scratch.p, count, visible, stride}, ds{scratch.dp, count, visible, stride};
    multiplyPanels(ds, scratch.keys, sizes.keys, visible, width, scratch.dq, sizes.paddedWidth);
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
  const HeadSizes sizes(op.q, op.k, op.heads, op.causal != 0);
  const float* present = keysPresent(op.keyMask, sizes, context);
  context.parallel(sizes.images * sizes.heads, [&](int64_t head, int thread) {
    const GradientScratch scratch(sizes, context, thread);
    headGradient(op, sizes, head, present + head / sizes.heads * sizes.paddedKeys, scratch);
  });
}

}  // namespace counterpoint::COUNTERPOINT_ISA
