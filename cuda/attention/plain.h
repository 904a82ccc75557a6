// The attention of flash.h for any width and for f32, without tensor cores: a warp has one query, a lane has one of 32 keys
// while scores are computed, and channels, 32 apart, while values are added.
#pragma once
#include "attention/flash.h"
#include "primitives/reduce.h"

namespace counterpoint::cuda {

constexpr int plainThreads = 128, plainQueries = plainThreads / 32;
// A lane has this many channels at a time; for heads wider than 32 times that, scores are computed again.
constexpr int plainChannels = 8;

template <class T>
DEVICE float plainScore(const AttentionProblem<T>& a, const T* q, const T* k) {
  float sum = 0;
  for (int c = 0; c < a.width; ++c) sum += toFloat(q[c]) * toFloat(k[c]);
  return sum * a.scale;
}

// Grid: see AttentionPart. Shared: 32 floats a warp.
template <class T>
KERNEL(plainThreads)
void plainAttentionKernel(const AttentionProblem<T> a) {
  const AttentionPart part(a, plainQueries);
  // A warp beyond the last query does that one's work again.
  const int query = least(part.firstQuery + warpIndex(), a.queries - 1);
  const int keys = a.causal ? least(part.firstQuery + plainQueries, a.keys) : a.keys;
  const int64_t row = (int64_t{part.image} * a.queries + query) * a.channels() + part.headChannel;
  const int64_t firstKey = int64_t{part.image} * a.keys * a.channels() + part.headChannel;
  float* probabilities = sharedMemory<float>() + 32 * warpIndex();

  for (int firstChannel = 0; firstChannel < a.width; firstChannel += 32 * plainChannels) {
    float largest = -INFINITY, total = 0, outputs[plainChannels] = {};
    for (int first = 0; first < keys; first += 32) {
      const int key = first + laneIndex();
      const bool seen = a.present(part.image, key) && !(a.causal && key > query);
      const float score = seen ? plainScore(a, a.q + row, a.k + firstKey + int64_t{key} * a.channels()) : -INFINITY;
      const float most = greatestOverWarp(fmaxf(largest, score));
      const float base = most == -INFINITY ? 0.0f : most, shrink = expf(largest - base), p = expf(score - base);
      largest = most;
      total = total * shrink + p;
      probabilities[laneIndex()] = p;
      synchronize();
      UNROLL for (int i = 0; i < plainChannels; ++i) outputs[i] *= shrink;
      for (int j = 0; j < 32; ++j) {
        const float weight = probabilities[j];
        // Absent values, and those behind the last key, are not looked at.
        if (weight == 0) continue;
        const T* v = a.v + firstKey + int64_t{first + j} * a.channels();
        UNROLL for (int i = 0; i < plainChannels; ++i) {
          const int c = firstChannel + 32 * i + laneIndex();
          if (c < a.width) outputs[i] += weight * toFloat(v[c]);
        }
      }
      synchronize();
    }
    total = sumOverWarp(total);
    const float factor = total > 0 ? 1.0f / total : 0.0f;
    UNROLL for (int i = 0; i < plainChannels; ++i) {
      const int c = firstChannel + 32 * i + laneIndex();
      if (c < a.width) a.y[row + c] = round<T>(outputs[i] * factor);
    }
  }
}

}  // namespace counterpoint::cuda
