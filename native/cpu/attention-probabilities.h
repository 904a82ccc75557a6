// The probabilities of attention as rows over all keys, for what needs them in memory: see attention-probabilities.cc.
//
// Heads are read and written in place, d columns of [tokens, heads * d]. Scores of a block of queries stand in a thread's
// scratch, so the softmax is the plain one. An absent key has probability exactly 0, whatever it holds. What a query gets
// is computed from it alone, in an order that the numbers of keys and channels fix: neither the batch nor the threads
// leave a trace.
#pragma once
#include <algorithm>
#include <cmath>

#include "cpu/gemm/tile.h"
#include "cpu/simd.h"
#include "machine/context.h"

namespace counterpoint::COUNTERPOINT_ISA {

constexpr int64_t mostQueriesAtOnce = 48;

// Tokens of one head: rows of `columns` floats, `stride` apart.
struct HeadRows {
  float* data;
  int64_t count, columns, stride;
};

inline HeadRows slice(const HeadRows& rows, int64_t begin, int64_t count) {
  return {rows.data + begin * rows.stride, count, rows.columns, rows.stride};
}

constexpr int64_t wholePanels(int64_t columns) { return ceilDiv(columns, panelColumns) * panelColumns; }

struct HeadSizes {
  int64_t images, heads, queries, keys, width;  // width: channels of a head
  int64_t paddedKeys, paddedWidth;              // whole panels
  int64_t blockQueries;
  bool causal;
  float scale;

  HeadSizes(const Tensor& q, const Tensor& k, int64_t heads, bool causal)
      : images(q.shape[0]), heads(heads), queries(q.shape[1]), keys(k.shape[1]), width(q.shape[2] / heads),
        paddedKeys(wholePanels(keys)), paddedWidth(wholePanels(width)), causal(causal),
        scale(1.0f / std::sqrt(static_cast<float>(width))) {
    const int64_t most = keys <= 1024 ? mostQueriesAtOnce : mostQueriesAtOnce / 2;  // scores stay in the second-level cache
    blockQueries = ceilDiv(ceilDiv(queries, ceilDiv(queries, most)), 2) * 2;
  }

  int64_t channels() const { return heads * width; }
  // The keys that the queries before `end` may see.
  int64_t keysBefore(int64_t end) const { return causal ? std::min(end, keys) : keys; }
  // Head `index` (image * heads + head) of a tensor [images, tokens, heads * width].
  HeadRows head(const Tensor& tensor, int64_t index) const {
    const int64_t tokens = tensor.shape[1];
    return {tensor.f32() + index / heads * tokens * channels() + index % heads * width, tokens, width, channels()};
  }
};

// 1 for a key that is there, 0 for an absent one and behind the last: [images][paddedKeys].
const float* keysPresent(const Tensor& keyMask, const HeadSizes& sizes, Context& context);

// Panels over the rows of `rows`, [count / P][columns][P], P = panelColumns: for products with its transpose.
void packTransposed(const HeadRows& rows, float* out);

// out[r, c] = sum over m < depth of a[r, m] b[m, c]. `b` is packed in panels of `panelDepth` rows; whole vectors of out
// are written, up to at least `columns`.
void multiplyPanels(const HeadRows& a, const float* b, int64_t panelDepth, int64_t depth, int64_t columns, float* out,
                    int64_t stride);

// The unnormalised probabilities of queries [begin, begin + q.count) over their visible keys, 0 elsewhere up to whole
// panels of what the last of them sees, and the reciprocals of their sums (0 for a query that sees no key).
// keysTransposed: see packTransposed; rows: [q.count][paddedKeys].
void probabilities(const HeadSizes& sizes, const HeadRows& q, int64_t begin, const float* keysTransposed,
                   const float* present, float* rows, float* reciprocals);

}  // namespace counterpoint::COUNTERPOINT_ISA
