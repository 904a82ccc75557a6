// The weight gradient by Winograd's algorithm: dw = G^T [sum over tiles of (B^T d B) * (A dy A^T)] G. Back from the 36
// frequencies it goes only once, after the sum over all tiles and images. See winograd.h.
#include <algorithm>
#include <cstring>

#include "cpu/gemm/winograd-tiles.h"
#include "cpu/gemm/winograd-transforms.h"
#include "cpu/gemm/winograd.h"

namespace counterpoint::COUNTERPOINT_ISA {

using namespace winograd;

namespace {

constexpr int frequencies = F4::frequencies;
constexpr int64_t depthBlock = 16 * tileRows;

// sums[z][K][N] (+)= tiles' in[z][count][K]^T grad[z][panel][count][P], for one frequency, one panel, some of the
// depth.
void addProducts(const float* in, int64_t rowIn, const float* panel, int64_t count, int64_t first, int64_t last,
                 float* sums, int64_t rowSums, bool accumulate, int vectors) {
  constexpr int64_t most = 192;  // of a panel: 12 KB of the first-level cache
  const float* rows[most];
  for (int64_t t = 0; t < count; t += most) {
    const int64_t length = std::min(most, count - t);
    for (int64_t i = 0; i < length; ++i) rows[i] = in + (t + i) * rowIn;
    for (int64_t k = first; k < last;) {
      const int outputs = nextRows(last - k);
      multiplyTransposedTile(outputs, rows, k, length, panel + t * panelColumns, sums + k * rowSums, rowSums,
                             accumulate || t > 0, vectors);
      k += outputs;
    }
  }
}

// G^T u G of a vector of columns at one depth, from sums `stride` apart to dw [3, 3, K, N].
void storeWeights(const float* sums, int64_t stride, int64_t columns, float* dw, int64_t area) {
  inTwoDimensions<F4::FilterGradient>(
      [&](int z) __attribute__((always_inline)) { return load(sums + z * stride); },
      [&](int t, Vec value) __attribute__((always_inline)) { storePart(dw + t * area, value, columns); });
}

}  // namespace

void winogradWeightGradient(Context& context, const Convolution& shape, const Matrix& x, const Matrix& dy, float* dw) {
  const int64_t depth = shape.inChannels, columns = shape.outChannels;
  if (shape.batch == 0)
    return static_cast<void>(std::memset(dw, 0, static_cast<size_t>(9 * depth * columns) * sizeof(float)));
  const float* zeros = zeroRow(context, std::max(depth, columns));
  const Positions pixels = tileGrid(shape, x, shape.height, shape.width, shape.upsample, F4::outputs,
                                    F4::inputs, 1, zeros);
  const Positions gradients = tileGrid(shape, dy, shape.outHeight, shape.outWidth, 1, F4::outputs,
                                       F4::outputs, 0, zeros);

  // As many tiles at a time as keep their transforms in a shared cache: a function of the problem alone, as sums follow
  // it.
  const int64_t rowIn = wholeVectors(depth), panels = ceilDiv(columns, panelColumns), rowSums = panels * panelColumns;
  const int64_t tiles = pixels.count(),
                most = std::max<int64_t>(96, (int64_t{1} << 20) / (frequencies * (rowIn + rowSums)));
  const int64_t round = ceilDiv(tiles, ceilDiv(tiles, most));
  const int64_t inStride = frequencyStride(round * rowIn), gradientStride = frequencyStride(round * rowSums);
  const int64_t sumStride = frequencyStride(depth * rowSums);
  float* in = context.scratch(static_cast<size_t>(frequencies * inStride));
  float* gradient = context.scratch(static_cast<size_t>(frequencies * gradientStride));
  float* sums = context.scratch(static_cast<size_t>(frequencies * sumStride));

  constexpr int64_t tilesPerItem = 4;
  const int64_t depthBlocks = ceilDiv(depth, depthBlock);
  for (int64_t first = 0; first < tiles; first += round) {
    const int64_t count = std::min(round, tiles - first);
    context.parallel(ceilDiv(count, tilesPerItem), [&](int64_t item, int) {
      const float* sources[frequencies];
      for (int64_t t = item * tilesPerItem; t < std::min((item + 1) * tilesPerItem, count); ++t) {
        pixels.locate(first + t, 1, sources);
        transformPixels<F4>(sources, sources, 1, 0, depth, in + t * rowIn, inStride);
        gradients.locate(first + t, 1, sources);
        transformGradient(sources, 1, columns, gradient + t * panelColumns, gradientStride, count * panelColumns);
      }
    });
    context.parallel(frequencies * depthBlocks, [&](int64_t item, int) {
      const int64_t z = item / depthBlocks, k = item % depthBlocks * depthBlock;
      for (int64_t p = 0; p < panels; ++p) {
        addProducts(in + z * inStride, rowIn, gradient + z * gradientStride + p * count * panelColumns, count, k,
                    std::min(k + depthBlock, depth), sums + z * sumStride + p * panelColumns, rowSums, first > 0,
                    vectorsOf(columns - p * panelColumns));
      }
    });
  }
  context.parallel(depth, [&](int64_t k, int) {
    for (int64_t n = 0; n < columns; n += lanes) {
      storeWeights(sums + k * rowSums + n, sumStride, std::min(lanes, columns - n), dw + k * columns + n,
                   depth * columns);
    }
  });
}

}  // namespace counterpoint::COUNTERPOINT_ISA
