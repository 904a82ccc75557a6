// attentionProbabilities: see lib/ops/attention-probabilities.ts. A warp has one query and all heads; its lanes share the keys. Scores are
// computed twice, for the softmax's sums and for the probabilities, so that keys of any number need no memory.
#include "attention/plain.h"
#include "attention/problem.h"
#include "launcher.h"

namespace counterpoint::cuda {

namespace {

template <class T>
struct ProbabilitiesArguments {
  AttentionProblem<T> attention;  // without values and outputs
  float* p;
};

// Grid: blocks of plainQueries queries; images, one after the other.
template <class T>
KERNEL(plainThreads)
void probabilitiesKernel(const ProbabilitiesArguments<T> g) {
  const AttentionProblem<T>& a = g.attention;
  const int block = static_cast<int>(blockIndex().x), blocks = divideUp(a.queries, plainQueries);
  const int image = block / blocks, query = block % blocks * plainQueries + warpIndex();
  if (query >= a.queries) return;
  const int64_t row = int64_t{image} * a.queries + query;
  const T* keys = a.k + int64_t{image} * a.keys * a.channels();
  const float share = 1.0f / static_cast<float>(a.heads);

  for (int head = 0; head < a.heads; ++head) {
    const T* q = a.q + row * a.channels() + head * a.width;
    const auto scoreOf = [&](int key) {
      const bool seen = a.present(image, key) && !(a.causal && key > query);
      return seen ? plainScore(a, q, keys + int64_t{key} * a.channels() + head * a.width) : -INFINITY;
    };
    float largest = -INFINITY, total = 0;
    for (int key = laneIndex(); key < a.keys; key += 32) {
      const float score = scoreOf(key), most = fmaxf(largest, score);
      if (most == -INFINITY) continue;
      total = total * expf(largest - most) + expf(score - most);
      largest = most;
    }
    const float most = greatestOverWarp(largest);
    const float base = most == -INFINITY ? 0.0f : most;
    total = sumOverWarp(total * expf(largest - base));
    const float factor = total > 0 ? share / total : 0.0f;
    float* p = g.p + row * a.keys;
    for (int key = laneIndex(); key < a.keys; key += 32) {
      const float mean = expf(scoreOf(key) - base) * factor;
      p[key] = head == 0 ? mean : p[key] + mean;
    }
  }
}

}  // namespace

void attentionProbabilities(const AttentionProbabilities& op, Launcher& launcher) {
  withStorage(op.q.dtype, [&](auto zero) {
    using T = decltype(zero);
    const ProbabilitiesArguments<T> arguments{attentionProblem<T>(op), op.p.f32()};
    const int64_t blocks = ceilDivide(op.q.shape[1], plainQueries) * op.q.shape[0];
    launcher.launch(probabilitiesKernel<T>, {blocks}, plainThreads, 0, arguments);
  });
}

}  // namespace counterpoint::cuda
