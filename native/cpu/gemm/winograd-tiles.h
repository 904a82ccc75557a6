// What Winograd's forward and backward passes share: the grid of tiles, and the transforms of pixels, gradients and
// weights. `F` is the method: F4, F2 or F4of2 of winograd-transforms.h.
#pragma once
#include "cpu/gemm/positions.h"
#include "cpu/gemm/tile.h"

namespace counterpoint::COUNTERPOINT_ISA::winograd {

// The grid of tiles that covers the outputs of `shape`, `step` x `step` of them each, reading `size` x `size` pixels of
// `source` from its position minus `padding` on.
Positions tileGrid(const Convolution& shape, const Matrix& source, int64_t sourceHeight, int64_t sourceWidth,
                   int64_t shrink, int step, int size, int padding, const float* zeros);

// Channels rounded up to whole vectors, which transformed tiles hold.
constexpr int64_t wholeVectors(int64_t channels) { return ceilDiv(channels, lanes) * lanes; }

// Floats from one frequency to the next: 48 beyond the data, lest 36 streams fall on the same lines of the cache.
constexpr int64_t frequencyStride(int64_t floats) { return ceilDiv(floats, 16) * 16 + 48; }

// B^T d B of the channels [first, last) of one tile. sources[pixel * step]: its pixels; out[frequency * stride + channel
// - first], zeros up to a whole vector. `next`: as sources, of the tile that is wanted next.
template <class F>
void transformPixels(const float* const* sources, const float* const* next, int64_t step, int64_t first, int64_t last,
                     float* out, int64_t stride);

// A dy A^T of one tile of F(4, 3), 16 pixels; channel c goes to out[frequency * stride + c / P * panelStride + c % P],
// P = panelColumns.
void transformGradient(const float* const* sources, int64_t step, int64_t channels, float* out, int64_t stride,
                       int64_t panelStride);

// Weights [3, 3, I, O] read as nine matrices [depth, columns] of floats: plain, the depth is I, and bf16 is widened;
// transposed, the kernel is turned by 180 degrees and the depth is O.
struct Filters {
  const Tensor& tensor;
  int64_t depth, columns;
  bool transposed;
  int phase = 0;  // for F4of2: which positions of each 2 x 2 they are for, 2 where they are the lower ones + 1 for the right

  int64_t panels() const { return ceilDiv(columns, panelColumns); }
  int64_t area() const { return depth * columns; }

  // Asks for what `copy` will read.
  void fetch(int tap, int64_t k, int64_t column, int64_t count) const;
  // A square of one tap's matrix, a vector of depths by `count` columns: out[depth * rowFloats + column], zeros beyond the
  // matrix up to whole vectors.
  void copy(int tap, int64_t k, int64_t column, int64_t count, float* out, int64_t rowFloats) const;
};

// G g G^T of `count` depths of `columns` columns: taps[tap * tapStride + depth * rowFloats + column] to out[frequency *
// stride + column / P * panelStride + depth * P + column % P].
template <class F>
void transformFilters(int phase, const float* taps, int64_t tapStride, int64_t rowFloats, int64_t count, int64_t columns,
                      float* out, int64_t stride, int64_t panelStride);

// Floats of all transformed filters: a set of panels, packed for Blocking(1, depth), for each frequency, frequencyStride
// of their floats apart.
template <class F>
int64_t packedFloats(const Filters& filters);
template <class F>
void packFilters(Context& context, const Filters& filters, float* out);

}  // namespace counterpoint::COUNTERPOINT_ISA::winograd
