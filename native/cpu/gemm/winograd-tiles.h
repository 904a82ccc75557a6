// What Winograd's forward and backward passes share: the grid of tiles, and the transforms of pixels and weights.
#pragma once
#include "cpu/gemm/positions.h"
#include "cpu/gemm/tile.h"

namespace counterpoint::COUNTERPOINT_ISA::winograd {

// The grid of tiles that covers the outputs of `shape`, each reading `size` x `size` pixels of `source` from its
// position minus `padding` on.
Positions tileGrid(const Convolution& shape, const Matrix& source, int64_t sourceHeight, int64_t sourceWidth,
                   int64_t shrink, int size, int padding, const float* zeros);

// Channels rounded up to whole vectors, which transformed tiles hold.
constexpr int64_t wholeVectors(int64_t channels) { return ceilDiv(channels, lanes) * lanes; }

// Floats from one frequency to the next: 48 beyond the data, lest 36 streams fall on the same lines of the cache.
constexpr int64_t frequencyStride(int64_t floats) { return ceilDiv(floats, 16) * 16 + 48; }

// B^T d B of one tile. sources[tap * tapStep]: its 36 pixels; out[frequency * stride + channel], zeros beyond
// `channels`.
void transformPixels(const float* const* sources, int64_t tapStep, int64_t channels, float* out, int64_t stride);

// A dy A^T of one tile of 16 pixels; channel c goes to out[frequency * stride + c / P * panelStride + c % P], P =
// panelColumns.
void transformGradient(const float* const* sources, int64_t tapStep, int64_t channels, float* out, int64_t stride,
                       int64_t panelStride);

// G w G^T as 36 sets of panels, frequencyStride(Blocking(1, depth).floats(columns)) apart. w is [3, 3, I, O];
// transposed, it is turned by 180 degrees and its columns are I.
void packFilters(Context& context, const float* w, int64_t depth, int64_t columns, bool transposed, float* out);

}  // namespace counterpoint::COUNTERPOINT_ISA::winograd
