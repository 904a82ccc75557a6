// Means of channels and squared deviations from them, of blocks of rows: what GroupNorm merges. See lib/ops/group-norm.ts.
#pragma once
#include <algorithm>

#include "cpu/loops.h"

namespace counterpoint::COUNTERPOINT_ISA {

// Writes the mean of each channel over `rows` rows, and the sums of squared deviations from it.
inline void momentsOfBlock(const float* x, int64_t rows, int64_t channels, float* mean, float* squares) {
  std::fill_n(mean, channels, 0.0f);
  std::fill_n(squares, channels, 0.0f);
  for (int64_t row = 1; row < rows; ++row) {
    overLanes(0, channels, [&](int64_t c, auto lane) {
      lane.write(mean + c, add(lane.read(mean + c), sub(lane.read(x + row * channels + c), lane.read(x + c))));
    });
  }
  const Vec share = broadcast(1.0f / static_cast<float>(rows));
  overLanes(0, channels, [&](int64_t c, auto lane) {
    lane.write(mean + c, fma(lane.read(mean + c), share, lane.read(x + c)));
  });
  for (int64_t row = 0; row < rows; ++row) {
    overLanes(0, channels, [&](int64_t c, auto lane) {
      const Vec deviation = sub(lane.read(x + row * channels + c), lane.read(mean + c));
      lane.write(squares + c, fma(deviation, deviation, lane.read(squares + c)));
    });
  }
}

// Of every `block` rows of x [rows, channels], which are whole blocks, to moments: [rows / block, 2, channels].
inline void momentsOf(Context& context, const float* x, int64_t rows, int64_t channels, int64_t block, float* moments) {
  parallel(context, rows / block, [&](int64_t index, int) {
    float* mean = moments + index * 2 * channels;
    momentsOfBlock(x + index * block * channels, block, channels, mean, mean + channels);
  });
}

}  // namespace counterpoint::COUNTERPOINT_ISA
