// p_ij, the mean over the heads of softmax_j(q_i . k_j / sqrt d): see lib/ops/attention-probabilities.ts.
#include "cpu/attention-probabilities.h"

#include <cstring>
#include <limits>

#include "cpu/loops.h"
#include "generated/ops.h"

namespace counterpoint::COUNTERPOINT_ISA {
namespace {

constexpr int64_t depthBlock = 384;  // terms of one chain of additions; 24 KB of a panel
constexpr float infinity = std::numeric_limits<float>::infinity();

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

}  // namespace

const float* keysPresent(const Tensor& keyMask, const HeadSizes& sizes, Context& context) {
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

void packTransposed(const HeadRows& rows, float* out) {
  for (int64_t j = 0; j < rows.count; j += panelColumns, out += rows.columns * panelColumns) {
    packPanel(rows.data + j * rows.stride, 1, rows.stride, rows.columns, std::min(panelColumns, rows.count - j), out);
  }
}

void multiplyPanels(const HeadRows& a, const float* b, int64_t panelDepth, int64_t depth, int64_t columns, float* out,
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

void probabilities(const HeadSizes& sizes, const HeadRows& q, int64_t begin, const float* keysTransposed, const float* present,
                   float* rows, float* reciprocals) {
  const int64_t visible = sizes.keysBefore(begin + q.count), padded = wholePanels(visible);
  multiplyPanels(q, keysTransposed, sizes.width, sizes.width, padded, rows, sizes.paddedKeys);
  for (int64_t r = 0; r < q.count; ++r) {
    float* row = rows + r * sizes.paddedKeys;
    const int64_t own = sizes.keysBefore(begin + r + 1);
    std::fill(row + own, row + padded, -infinity);
    const float sum = exponentiate(row, present, padded, sizes.scale);
    reciprocals[r] = sum == 0.0f ? 0.0f : 1.0f / sum;
  }
}

void attentionProbabilities(const AttentionProbabilities& op, Context& context) {
  const HeadSizes sizes(op.q, op.k, op.heads, op.causal != 0);
  const float* present = keysPresent(op.keyMask, sizes, context);
  const int64_t blocks = ceilDiv(sizes.queries, sizes.blockQueries), stride = sizes.paddedKeys;
  const float share = 1.0f / static_cast<float>(sizes.heads);
  context.parallel(sizes.images * blocks, [&](int64_t item, int thread) {
    const int64_t image = item / blocks, begin = item % blocks * sizes.blockQueries;
    const int64_t count = std::min(sizes.blockQueries, sizes.queries - begin);
    float* keys = context.threadScratch(thread, static_cast<size_t>((sizes.width + sizes.blockQueries) * stride));
    float* rows = keys + sizes.width * stride;
    float* out = op.p.f32() + (image * sizes.queries + begin) * sizes.keys;
    std::fill(out, out + count * sizes.keys, 0.0f);
    for (int64_t head = image * sizes.heads; head < (image + 1) * sizes.heads; ++head) {
      float reciprocals[mostQueriesAtOnce];
      packTransposed(sizes.head(op.k, head), keys);
      probabilities(sizes, slice(sizes.head(op.q, head), begin, count), begin, keys, present + image * stride, rows,
                    reciprocals);
      for (int64_t r = 0; r < count; ++r) {
        const Vec factor = broadcast(reciprocals[r] * share);
        overLanes(0, sizes.keysBefore(begin + r + 1), [&](int64_t j, auto lane) {
          float* sum = out + r * sizes.keys + j;
          lane.write(sum, fma(lane.read(rows + r * stride + j), factor, lane.read(sum)));
        });
      }
    }
  });
}

}  // namespace counterpoint::COUNTERPOINT_ISA
