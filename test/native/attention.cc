// Attention against plain f64 loops, for every width that tiles and vectors end in, with masks and without; as near as in f32,
// or as the rounding of what it multiplies allows.
#include "generated/ops.h"
#include "kernel-check.h"

namespace counterpoint::COUNTERPOINT_ISA {

namespace {

struct Case {
  int64_t images, heads, width, queries, keys, masked;
  bool causal;
};

bool present(const float* mask, const Case& c, int64_t image, int64_t key) {
  return key >= c.masked || mask[image * c.masked + key] != 0;
}

// One query of one head: its place among `y`'s channels [width], as sums over the keys that it sees.
void attendInDoubles(const Case& c, Data& q, Data& k, Data& v, const float* mask, int64_t image, int64_t query,
                     int64_t head, double* y) {
  std::vector<double> scores;
  std::vector<int64_t> seen;
  for (int64_t j = 0; j < c.keys; ++j) {
    if (!present(mask, c, image, j) || (c.causal && j > query)) continue;
    double score = 0;
    for (int64_t i = head * c.width; i < (head + 1) * c.width; ++i) {
      score += double{q.at(image * c.queries + query, i)} * k.at(image * c.keys + j, i);
    }
    scores.push_back(score / std::sqrt(static_cast<double>(c.width)));
    seen.push_back(j);
  }
  double greatest = -INFINITY, total = 0;
  for (double score : scores) greatest = std::max(greatest, score);
  for (double& score : scores) total += score = std::exp(score - greatest);
  for (size_t s = 0; s < seen.size(); ++s) {
    for (int64_t i = 0; i < c.width; ++i) {
      y[i] += scores[s] / total * v.at(image * c.keys + seen[s], head * c.width + i);
    }
  }
}

Tensor tokens(Data& data, int64_t images) {
  Tensor t;
  t.data = data.data(), t.rank = 3, t.rowStride = data.stride;
  t.shape[0] = images, t.shape[1] = data.rows / images, t.shape[2] = data.columns;
  return t;
}

void testCase(const Case& c) {
  const int64_t channels = c.heads * c.width;
  Data q(c.images * c.queries, channels, 0), k(c.images * c.keys, channels, 0), v(c.images * c.keys, channels, 0);
  Data mask(c.images, c.masked, 0);
  for (int64_t n = 0; n < c.images; ++n)
    for (int64_t j = 0; j < c.masked; ++j) mask.at(n, j) = mask.at(n, j) > 0;
  std::vector<double> y(static_cast<size_t>(c.images * c.queries * channels));
  for (int64_t n = 0; n < c.images; ++n) {
    for (int64_t i = 0; i < c.queries; ++i) {
      for (int64_t h = 0; h < c.heads; ++h) {
        attendInDoubles(c, q, k, v, mask.data(), n, i, h, &y[static_cast<size_t>((n * c.queries + i) * channels + h * c.width)]);
      }
    }
  }
  // What no query reads need not hold a number.
  for (int64_t n = 0; n < c.images; ++n) {
    for (int64_t j = 0; j < c.masked; ++j) {
      for (int64_t i = 0; i < channels && !present(mask.data(), c, n, j); ++i) {
        k.at(n * c.keys + j, i) = v.at(n * c.keys + j, i) = std::nanf("");
      }
    }
  }
  std::string name = "attention";
  for (int64_t number : {c.images, c.heads, c.width, c.queries, c.keys, c.masked}) name += " " + std::to_string(number);
  for (const auto rounding : {AttentionRounding::f32, AttentionRounding::bf16}) {
    const bool rounds = rounding == AttentionRounding::bf16;
    compare(name + (rounds ? " in bf16" : ""), c.images * c.queries, channels, 0, y, rounds ? 8e-3 : 2e-6,
            [&](Context& context, Data& out) {
              Attention op{tokens(q, c.images), tokens(k, c.images), tokens(v, c.images), {},
                           tokens(out, c.images), c.heads, c.causal, rounding};
              if (c.masked > 0) op.keyMask = mask.tensor();
              attention(op, context);
            });
  }
}

}  // namespace

void testAttention() {
  for (const Case& c : {Case{1, 1, 1, 1, 1, 0, false}, {2, 3, 5, 7, 9, 4, false}, {1, 2, 8, 33, 77, 0, true},
                        {3, 1, 33, 50, 131, 60, false}, {1, 2, 40, 130, 257, 0, false}, {2, 2, 17, 65, 65, 30, true},
                        {1, 1, 160, 19, 300, 0, false}}) {
    testCase(c);
  }
}

}  // namespace counterpoint::COUNTERPOINT_ISA
