// y = act((x - mean) a + b) with, for image n and channel c of group g,
//   a = gamma (1 + scale) / sqrt(variance + eps),  b = beta (1 + scale) + shift.
// x: [N, positions, C], of which the last channels may lie in a tensor of their own. See lib/ops/group-norm.ts.
//
// Three kernels. Each block of positions gives the mean of each channel (summing differences from its first position, so that
// a large common offset costs no digits) and the squared deviations from it; these are merged for each group (Chan, Golub &
// LeVeque 1983, equation 2.1), means again as differences from the first; then every element is normalised.
#pragma once
#include <cmath>

#include "primitives/pack.h"
#include "primitives/reduce.h"
#include "primitives/words.h"

namespace counterpoint::cuda {

template <class T>
struct GroupNormProblem {
  const T* x;
  const float *gamma, *beta;  // [C]
  const T *scale, *shift;     // [N, C] or null, both or neither
  T* y;
  float* moments;       // [N, blocks, 2, C]: means, squared deviations
  float* coefficients;  // [N, 3, C]: mean, a, b
  int images, positions, channels, groups;
  int positionsPerBlock;
  float eps;
  bool silu;
  const T* more = nullptr;  // the second source of x, with the last of the channels
  int moreChannels = 0;

  DEVICE int blocks() const { return divideUp(positions, positionsPerBlock); }
  DEVICE int positionsOf(int block) const {
    return least(positionsPerBlock, positions - block * positionsPerBlock);
  }
};

constexpr int normThreads = 128;

// What one thread of the first and of the last kernel has: `count` channels of a block of positions.
template <class T, int count>
struct NormPart {
  int image, block, channel;
  int64_t row;     // its first, of all images
  const T* first;  // in the source that has them, whose rows are `stride` apart
  int stride;
  bool present;

  DEVICE explicit NormPart(const GroupNormProblem<T>& g) {
    const int64_t index = int64_t{blockIndex().x} * normThreads + threadIndex();
    const int packs = g.channels / count, blocks = g.blocks();
    channel = static_cast<int>(index % packs) * count;
    block = static_cast<int>(index / packs % blocks);
    const int64_t n = index / packs / blocks;
    present = n < g.images;
    image = static_cast<int>(n);
    row = n * g.positions + int64_t{block} * g.positionsPerBlock;
    const int ofFirst = g.channels - g.moreChannels;
    const bool second = channel >= ofFirst;
    stride = second ? g.moreChannels : ofFirst;
    first = second ? g.more + row * stride + channel - ofFirst : g.x + row * stride + channel;
  }
};

// One thread a pack of `count` channels and block of positions; the channels of each source are whole packs.
template <class T, int count>
KERNEL(normThreads)
void groupMomentsKernel(const GroupNormProblem<T> g) {
  const NormPart<T, count> part(g);
  if (!part.present) return;
  const int rows = g.positionsOf(part.block);
  const Pack<T, count> pivot = readPack<count>(part.first);
  float means[count] = {}, squares[count] = {};
  const T* from = part.first;
  for (int row = 1; row < rows; ++row) {
    from += part.stride;
    const Pack<T, count> x = readPack<count>(from);
    UNROLL for (int i = 0; i < count; ++i) means[i] += toFloat(x.values[i]) - toFloat(pivot.values[i]);
  }
  UNROLL for (int i = 0; i < count; ++i) means[i] = toFloat(pivot.values[i]) + means[i] / static_cast<float>(rows);
  from = part.first;
  for (int row = 0; row < rows; ++row, from += part.stride) {
    const Pack<T, count> x = readPack<count>(from);
    UNROLL for (int i = 0; i < count; ++i) {
      const float deviation = toFloat(x.values[i]) - means[i];
      squares[i] += deviation * deviation;
    }
  }
  float* out = g.moments + (int64_t{part.image} * g.blocks() + part.block) * 2 * g.channels + part.channel;
  UNROLL for (int i = 0; i < count; ++i) out[i] = means[i], out[g.channels + i] = squares[i];
}

// One warp an image and group.
template <class T>
KERNEL(normThreads)
void groupCoefficientsKernel(const GroupNormProblem<T> g) {
  const int index = static_cast<int>(blockIndex().x) * (normThreads / 32) + warpIndex();
  if (index >= g.images * g.groups) return;
  const int image = index / g.groups, width = g.channels / g.groups, firstChannel = index % g.groups * width;
  const float* moments = g.moments + int64_t{image} * g.blocks() * 2 * g.channels + firstChannel;
  const int parts = g.blocks() * width;
  const float total = static_cast<float>(g.positions) * static_cast<float>(width), pivot = moments[0];
  float sum = 0;
  for (int i = laneIndex(); i < parts; i += 32) {
    const float* part = moments + int64_t{i / width} * 2 * g.channels + i % width;
    sum += static_cast<float>(g.positionsOf(i / width)) * (part[0] - pivot);
  }
  const float mean = pivot + sumOverWarp(sum) / total;
  float squares = 0;
  for (int i = laneIndex(); i < parts; i += 32) {
    const float* part = moments + int64_t{i / width} * 2 * g.channels + i % width;
    const float apart = part[0] - mean;
    squares += part[g.channels] + static_cast<float>(g.positionsOf(i / width)) * apart * apart;
  }
  const float inverse = 1.0f / sqrtf(sumOverWarp(squares) / total + g.eps);
  float* out = g.coefficients + int64_t{image} * 3 * g.channels;
  for (int c = firstChannel + laneIndex(); c < firstChannel + width; c += 32) {
    const int64_t ofImage = int64_t{image} * g.channels + c;
    const float factor = g.scale ? 1.0f + toFloat(g.scale[ofImage]) : 1.0f;
    out[c] = mean;
    out[g.channels + c] = g.gamma[c] * factor * inverse;
    out[2 * g.channels + c] = g.beta[c] * factor + (g.shift ? toFloat(g.shift[ofImage]) : 0.0f);
  }
}

// Threads as in groupMomentsKernel.
template <class T, int count>
KERNEL(normThreads)
void groupNormalizeKernel(const GroupNormProblem<T> g) {
  const NormPart<T, count> part(g);
  if (!part.present) return;
  const float* coefficients = g.coefficients + int64_t{part.image} * 3 * g.channels + part.channel;
  float mean[count], a[count], b[count];
  UNROLL for (int i = 0; i < count; ++i) {
    mean[i] = coefficients[i], a[i] = coefficients[g.channels + i], b[i] = coefficients[2 * g.channels + i];
  }
  T* to = g.y + part.row * g.channels + part.channel;
  const int rows = g.positionsOf(part.block);
  for (int row = 0; row < rows; ++row) {
    const Pack<T, count> x = readPack<count>(part.first + int64_t{row} * part.stride);
    Pack<T, count> y;
    UNROLL for (int i = 0; i < count; ++i) {
      const float z = (toFloat(x.values[i]) - mean[i]) * a[i] + b[i];
      y.values[i] = round<T>(g.silu ? z / (1.0f + expf(-z)) : z);
    }
    writePack(to + int64_t{row} * g.channels, y);
  }
}

}  // namespace counterpoint::cuda
