// Where the taps of a convolution find their pixels: turns positions of a grid into pointers to rows of channels.
#pragma once
#include "cpu/gemm/convolution.h"

namespace counterpoint::COUNTERPOINT_ISA {

// The taps of one axis: tap t reads position step * i + offset[t] and is the kernel's element stored[t].
struct Axis {
  int64_t count = 0;
  int offset[maxKernel] = {};
  int stored[maxKernel] = {};
};

// A grid of [batch, height, width] positions reading an image of [batch, sourceHeight, sourceWidth] pixels.
struct Positions {
  int64_t batch, height, width;
  int64_t step;  // source positions from one grid position to the next, before shrinking
  Axis vertical, horizontal;
  Matrix source;  // [batch * sourceHeight * sourceWidth, channels]
  int64_t sourceHeight, sourceWidth;
  int64_t shrink = 1;            // 2: a source pixel stands for 2 x 2 positions
  const float* zeros = nullptr;  // a row of zeros, for positions outside

  int64_t count() const { return batch * height * width; }
  int64_t taps() const { return vertical.count * horizontal.count; }

  // sources[tap][count] for the positions [first, first + count).
  void locate(int64_t first, int64_t count, const float** sources) const;
};

// The positions of the outputs of `shape` in x.
Positions outputPositions(const Convolution& shape, const Matrix& x, const float* zeros);

// A row of zeros from the context's scratch memory.
const float* zeroRow(Context& context, int64_t channels);

}  // namespace counterpoint::COUNTERPOINT_ISA
