// y = (x - mean) / sqrt(variance + eps) * gamma + beta over the channels of each row. See lib/ops/layer-norm.ts.
// A warp has a row, its lanes packs of channels 32 apart; it reads the row three times, twice from its cache. The mean is
// summed as differences from the row's first element, so that a large common offset costs no digits.
#pragma once
#include "norms/group-norm.h"

namespace counterpoint::cuda {

template <class T>
struct LayerNormProblem {
  const T* x;
  const float *gamma, *beta;  // [channels]
  T* y;
  int rows, channels;
  float eps;
};

// Grid: a warp a row. The channels are whole packs of `count`.
template <class T, int count>
KERNEL(normThreads)
void layerNormKernel(const LayerNormProblem<T> l) {
  const int64_t row = int64_t{blockIndex().x} * (normThreads / 32) + warpIndex();
  if (row >= l.rows) return;
  const T* x = l.x + row * l.channels;
  const float pivot = toFloat(x[0]), channels = static_cast<float>(l.channels);
  float sum = 0;
  for (int c = laneIndex() * count; c < l.channels; c += 32 * count) {
    const Pack<T, count> pack = readPack<count>(x + c);
    UNROLL for (int i = 0; i < count; ++i) sum += toFloat(pack.values[i]) - pivot;
  }
  const float mean = pivot + sumOverWarp(sum) / channels;
  float squares = 0;
  for (int c = laneIndex() * count; c < l.channels; c += 32 * count) {
    const Pack<T, count> pack = readPack<count>(x + c);
    UNROLL for (int i = 0; i < count; ++i) {
      const float deviation = toFloat(pack.values[i]) - mean;
      squares += deviation * deviation;
    }
  }
  const float inverse = 1.0f / sqrtf(sumOverWarp(squares) / channels + l.eps);
  for (int c = laneIndex() * count; c < l.channels; c += 32 * count) {
    const Pack<T, count> pack = readPack<count>(x + c);
    Pack<T, count> y;
    UNROLL for (int i = 0; i < count; ++i) {
      y.values[i] = round<T>((toFloat(pack.values[i]) - mean) * inverse * l.gamma[c + i] + l.beta[c + i]);
    }
    writePack(l.y + row * l.channels + c, y);
  }
}

}  // namespace counterpoint::cuda
