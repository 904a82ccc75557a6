// Transforms of pixels, gradients and weights into Winograd's domain: see winograd-tiles.h.
#include "cpu/gemm/winograd-tiles.h"

#include <algorithm>

#include "cpu/gemm/winograd-transforms.h"

namespace counterpoint::COUNTERPOINT_ISA::winograd {

namespace {

// A vector of channels of one tile: size x size pixels to 36 frequencies.
template <class Transform, bool whole>
COUNTERPOINT_INLINE void transformVector(const float* const* sources, int64_t tapStep, int64_t channel, int64_t present,
                                        float* out, int64_t stride) {
  constexpr int taps = Transform::size * Transform::size;
  Vec in[taps], frequency[frequencies];
  COUNTERPOINT_UNROLL
  for (int t = 0; t < taps; ++t) {
    const float* pixel = sources[t * tapStep] + channel;
    in[t] = whole ? load(pixel) : loadPart(pixel, present);
  }
  inTwoDimensions<Transform>(in, frequency);
  COUNTERPOINT_UNROLL
  for (int z = 0; z < frequencies; ++z) store(out + z * stride, frequency[z]);
}

}  // namespace

Positions tileGrid(const Convolution& shape, const Matrix& source, int64_t sourceHeight, int64_t sourceWidth,
                   int64_t shrink, int size, int padding, const float* zeros) {
  Positions grid{shape.batch,
                 ceilDiv(shape.outHeight, outputs),
                 ceilDiv(shape.outWidth, outputs),
                 outputs,
                 {},
                 {},
                 source,
                 sourceHeight,
                 sourceWidth,
                 shrink,
                 zeros};
  grid.vertical.count = size;
  for (int t = 0; t < size; ++t) grid.vertical.offset[t] = t - padding;
  grid.horizontal = grid.vertical;
  return grid;
}

void transformPixels(const float* const* sources, int64_t tapStep, int64_t channels, float* out, int64_t stride) {
  int64_t c = 0;
  for (; c + lanes <= channels; c += lanes) transformVector<Input, true>(sources, tapStep, c, lanes, out + c, stride);
  if (c < channels) transformVector<Input, false>(sources, tapStep, c, channels - c, out + c, stride);
}

void transformGradient(const float* const* sources, int64_t tapStep, int64_t channels, float* out, int64_t stride,
                       int64_t panelStride) {
  for (int64_t c = 0; c < channels; c += lanes) {
    float* to = out + c / panelColumns * panelStride + c % panelColumns;
    if (c + lanes <= channels) transformVector<OutputGradient, true>(sources, tapStep, c, lanes, to, stride);
    else transformVector<OutputGradient, false>(sources, tapStep, c, channels - c, to, stride);
  }
  // The last panel's second half, where no channel reaches it.
  if (channels % panelColumns != 0 && channels % panelColumns <= lanes) {
    float* to = out + channels / panelColumns * panelStride + lanes;
    for (int z = 0; z < frequencies; ++z) store(to + z * stride, zero());
  }
}

namespace {

// Where packed filters go: panel of a column, within the block of a depth.
struct FilterPlace {
  Blocking blocking;
  int64_t panels;

  FilterPlace(int64_t depth, int64_t columns) : blocking(1, depth), panels(ceilDiv(columns, panelColumns)) {}
  int64_t at(int64_t k, int64_t column) const {
    const int64_t block = k / blocking.depthBlock * blocking.depthBlock;
    const int64_t depth = std::min(blocking.depthBlock, blocking.depth - block);
    return (block * panels + column / panelColumns * depth + k - block) * panelColumns + column % panelColumns;
  }
};

// A square of up to a vector of depths and of columns of w: nine taps of each depth.
struct FilterSquare {
  Vec taps[lanes][9];

  void read(const float* w, int64_t rowStride, int64_t tapStride, int64_t depths, int64_t columns) {
    for (int64_t k = 0; k < depths; ++k) {
      for (int t = 0; t < 9; ++t) taps[k][t] = loadPart(w + t * tapStride + k * rowStride, columns);
    }
  }

  // Of w turned by 180 degrees and transposed: rows of memory are columns here.
  void readTransposed(const float* w, int64_t rowStride, int64_t tapStride, int64_t depths, int64_t columns) {
    for (int t = 0; t < 9; ++t) {
      Vec square[lanes];
      for (int64_t n = 0; n < lanes; ++n) {
        square[n] = n < columns ? loadPart(w + (8 - t) * tapStride + n * rowStride, depths) : zero();
      }
      transpose(square);
      for (int64_t k = 0; k < lanes; ++k) taps[k][t] = square[k];
    }
  }
};

COUNTERPOINT_INLINE void storeFilter(const Vec* taps, float* out, int64_t stride) {
  Vec frequency[frequencies];
  inTwoDimensions<Filter>(taps, frequency);
  COUNTERPOINT_UNROLL
  for (int z = 0; z < frequencies; ++z) store(out + z * stride, frequency[z]);
}

}  // namespace

void packFilters(Context& context, const float* w, int64_t depth, int64_t columns, bool transposed, float* out) {
  const FilterPlace place(depth, columns);
  const int64_t stride = frequencyStride(place.blocking.floats(columns)), area = depth * columns;
  // Items are as wide as a panel: two threads writing halves of one cache line would pass it to and fro 36 times.
  const int64_t groups = ceilDiv(depth, lanes);
  context.parallel(place.panels * groups, [&](int64_t item, int) {
    const int64_t first = item % groups * lanes, depths = std::min(lanes, depth - first);
    for (int64_t half = 0; half < panelColumns; half += lanes) {
      const int64_t column = item / groups * panelColumns + half,
                    present = std::clamp<int64_t>(columns - column, 0, lanes);
      FilterSquare square;
      if (present == 0) {
        for (auto& taps : square.taps)
          for (Vec& tap : taps) tap = zero();
      } else if (transposed) {
        square.readTransposed(w + column * depth + first, depth, area, depths, present);
      } else {
        square.read(w + first * columns + column, columns, area, depths, present);
      }
      for (int64_t k = 0; k < depths; ++k) storeFilter(square.taps[k], out + place.at(first + k, column), stride);
    }
  });
}

}  // namespace counterpoint::COUNTERPOINT_ISA::winograd
