// Transforms of pixels, gradients and weights into Winograd's domain: see winograd-tiles.h.
#include "cpu/gemm/winograd-tiles.h"

#include <algorithm>
#include <type_traits>

#include "cpu/gemm/winograd-transforms.h"

namespace counterpoint::COUNTERPOINT_ISA::winograd {

namespace {

// A vector of channels of one tile, pixels to frequencies.
template <class Transform, bool whole>
COUNTERPOINT_INLINE void transformVector(const float* const* sources, int64_t step, int64_t channel, int64_t present,
                                         float* out, int64_t stride) {
  inTwoDimensions<Transform>(
      [&](int i) __attribute__((always_inline)) {
        const float* pixel = sources[i * step] + channel;
        return whole ? load(pixel) : loadPart(pixel, present);
      },
      [&](int z, Vec value) __attribute__((always_inline)) { store(out + z * stride, value); });
}

}  // namespace

Positions tileGrid(const Convolution& shape, const Matrix& source, int64_t sourceHeight, int64_t sourceWidth,
                   int64_t shrink, int step, int size, int padding, const float* zeros) {
  Positions grid{shape.batch,
                 ceilDiv(shape.outHeight, step),
                 ceilDiv(shape.outWidth, step),
                 step,
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

template <class F>
void transformPixels(const float* const* sources, const float* const* next, int64_t step, int64_t first, int64_t last,
                     float* out, int64_t stride) {
  using Input = typename F::Input;
  int64_t c = first;
  for (; c + lanes <= last; c += lanes, out += lanes) {
    // Neighbours share the columns that the tiles overlap in.
    for (int line = 0; line < F::inputs; ++line) {
      for (int column = F::inputs - F::outputs; column < F::inputs; ++column) {
        __builtin_prefetch(next[(line * F::inputs + column) * step] + c, 0, 3);
      }
    }
    transformVector<Input, true>(sources, step, c, lanes, out, stride);
  }
  if (c < last) transformVector<Input, false>(sources, step, c, last - c, out, stride);
}

void transformGradient(const float* const* sources, int64_t step, int64_t channels, float* out, int64_t stride,
                       int64_t panelStride) {
  using Gradient = F4::OutputGradient;
  for (int64_t c = 0; c < channels; c += lanes) {
    float* to = out + c / panelColumns * panelStride + c % panelColumns;
    if (c + lanes <= channels) transformVector<Gradient, true>(sources, step, c, lanes, to, stride);
    else transformVector<Gradient, false>(sources, step, c, channels - c, to, stride);
  }
  // The last panel's second half, where no channel reaches it.
  if (channels % panelColumns != 0 && channels % panelColumns <= lanes) {
    float* to = out + channels / panelColumns * panelStride + lanes;
    for (int z = 0; z < F4::frequencies; ++z) store(to + z * stride, zero());
  }
}

namespace {

// Asks for `rows` rows of `length` elements, `stride` apart.
template <class Element>
void fetchRows(const Element* from, int64_t rows, int64_t length, int64_t stride) {
  constexpr int64_t line = 64 / static_cast<int64_t>(sizeof(Element));
  for (int64_t r = 0; r < rows; ++r, from += stride) {
    for (int64_t i = 0; i < length; i += line) __builtin_prefetch(from + i, 0, 2);
  }
}

// A row of weights as floats, zeros behind up to a whole vector.
template <class Element>
void copyRow(const Element* from, int64_t count, float* out) {
  int64_t n = 0;
  for (; n + lanes <= count; n += lanes) store(out + n, load(from + n));
  if (n < count) store(out + n, loadPart(from + n, count - n));
}

}  // namespace

void Filters::fetch(int tap, int64_t k, int64_t column, int64_t count) const {
  const int64_t depths = std::min(lanes, depth - k), stored = transposed ? 8 - tap : tap;
  const int64_t rows = transposed ? count : depths, length = transposed ? depths : count;
  const int64_t first = stored * area() + (transposed ? column * depth + k : k * columns + column);
  const int64_t stride = transposed ? depth : columns;
  if (tensor.dtype == Dtype::bf16) fetchRows(tensor.bf16() + first, rows, length, stride);
  else fetchRows(tensor.f32() + first, rows, length, stride);
}

void Filters::copy(int tap, int64_t k, int64_t column, int64_t count, float* out, int64_t rowFloats) const {
  const int64_t depths = std::min(lanes, depth - k);
  if (transposed) {  // rows of memory are columns here
    const float* from = tensor.f32() + (8 - tap) * area() + column * depth + k;
    for (int64_t n = 0; n < count; n += lanes) {
      Vec square[lanes];
      for (int64_t i = 0; i < lanes; ++i) {
        square[i] = n + i < count ? loadPart(from + (n + i) * depth, depths) : zero();
      }
      transpose(square);
      for (int64_t i = 0; i < depths; ++i) store(out + i * rowFloats + n, square[i]);
    }
    return;
  }
  const int64_t first = tap * area() + k * columns + column;
  for (int64_t i = 0; i < depths; ++i, out += rowFloats) {
    if (tensor.dtype == Dtype::bf16) copyRow(tensor.bf16() + first + i * columns, count, out);
    else copyRow(tensor.f32() + first + i * columns, count, out);
  }
}

template <class F>
void transformFilters(int phase, const float* taps, int64_t tapStride, int64_t rowFloats, int64_t count,
                      int64_t columns, float* out, int64_t stride, int64_t panelStride) {
  const Vec lower = broadcast(static_cast<float>(phase / 2)), right = broadcast(static_cast<float>(phase % 2));
  for (int64_t k = 0; k < count; ++k, taps += rowFloats, out += panelColumns) {
    for (int64_t n = 0; n < columns; n += lanes) {
      float* to = out + n / panelColumns * panelStride + n % panelColumns;
      const auto source = [&](int t) __attribute__((always_inline)) { return load(taps + t * tapStride + n); };
      const auto sink = [&](int z, Vec value) __attribute__((always_inline)) { store(to + z * stride, value); };
      if constexpr (std::is_same_v<F, F4of2>) phaseInTwoDimensions(lower, right, source, sink);
      else filterInTwoDimensions<F>(source, sink);
    }
  }
}

template <class F>
int64_t packedFloats(const Filters& filters) {
  return F::frequencies * frequencyStride(Blocking(1, filters.depth).floats(filters.columns));
}

template <class F>
void packFilters(Context& context, const Filters& filters, float* out) {
  const Blocking blocking(1, filters.depth);
  const int64_t stride = frequencyStride(blocking.floats(filters.columns)), panels = filters.panels();
  // Items are as wide as a panel: two threads writing halves of one cache line would pass it to and fro 36 times.
  const int64_t groups = ceilDiv(filters.depth, lanes);
  context.parallel(panels * groups, [&](int64_t item, int) {
    const int64_t k = item % groups * lanes, depths = std::min(lanes, filters.depth - k), panel = item / groups;
    const int64_t column = panel * panelColumns, columns = std::min(panelColumns, filters.columns - column);
    alignas(64) float taps[9 * lanes * panelColumns];
    for (int t = 0; t < 9; ++t) {
      filters.copy(t, k, column, columns, taps + t * lanes * panelColumns, panelColumns);
    }
    // These depths may straddle two blocks.
    for (int64_t i = 0; i < depths;) {
      const int64_t block = (k + i) / blocking.depthBlock * blocking.depthBlock,
                    blockDepth = std::min(blocking.depthBlock, filters.depth - block);
      const int64_t count = std::min(depths - i, block + blockDepth - k - i);
      transformFilters<F>(filters.phase, taps + i * panelColumns, lanes * panelColumns, panelColumns, count, columns,
                          out + (block * panels + panel * blockDepth + k + i - block) * panelColumns, stride, 0);
      i += count;
    }
  });
}

template void transformPixels<F4>(const float* const*, const float* const*, int64_t, int64_t, int64_t, float*, int64_t);
template void transformPixels<F2>(const float* const*, const float* const*, int64_t, int64_t, int64_t, float*, int64_t);
template void transformPixels<F4of2>(const float* const*, const float* const*, int64_t, int64_t, int64_t, float*,
                                     int64_t);
template void transformFilters<F4>(int, const float*, int64_t, int64_t, int64_t, int64_t, float*, int64_t, int64_t);
template void transformFilters<F2>(int, const float*, int64_t, int64_t, int64_t, int64_t, float*, int64_t, int64_t);
template void transformFilters<F4of2>(int, const float*, int64_t, int64_t, int64_t, int64_t, float*, int64_t, int64_t);
template int64_t packedFloats<F4>(const Filters&);
template int64_t packedFloats<F2>(const Filters&);
template int64_t packedFloats<F4of2>(const Filters&);
template void packFilters<F4>(Context&, const Filters&, float*);
template void packFilters<F2>(Context&, const Filters&, float*);
template void packFilters<F4of2>(Context&, const Filters&, float*);

}  // namespace counterpoint::COUNTERPOINT_ISA::winograd
