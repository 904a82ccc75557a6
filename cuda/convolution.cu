// See convolution.h: packs the weight, plans (tuning/product.h) and launches the kernels of gemm/product.h.
#include "convolution.h"

#include "gemm/product.h"
#include "moments.h"
#include "operands.h"
#include "tuning/product.h"

namespace counterpoint::cuda {

namespace {

template <class T>
const T* packedWeight(const Convolution& c, int64_t paddedChannels, Launcher& launcher) {
  const int64_t taps = c.kernel * c.kernel, size = c.columns * taps * paddedChannels;
  const bool packed = c.channelStride == 1 && c.channels == paddedChannels && taps == 1 && beginWhole({c.weight.data});
  if (packed) return static_cast<const T*>(c.weight.data);
  return launcher.packed<T>(c.weight, c.channelStride == 1 ? "rows" : "columns", size, [&](T* out) {
    const WeightPacking<T> packing{static_cast<const T*>(c.weight.data), out, toInt(c.columns), toInt(taps),
                                   toInt(c.channels), toInt(paddedChannels), c.columnStride, c.tapStride,
                                   c.channelStride};
    launcher.launch(packWeightKernel<T>, {ceilDivide(size, elementThreads)}, elementThreads, 0, packing);
  });
}

template <class T, class Tile, bool wholePieces>
void launchTile(const Product<T>& p, Launcher& launcher) {
  static_assert(Tile::sharedBytes <= leastSharedBytes);
  const int64_t tiles = ceilDivide(p.rows, Tile::rows) * ceilDivide(p.columns, Tile::columns);
  launcher.launch(productKernel<T, Tile, wholePieces>, {tiles, p.splits}, Tile::threads, Tile::sharedBytes, p);
}

template <class T>
void launchProduct(const Product<T>& p, bool wholePieces, ProductTile tile, Launcher& launcher) {
  if (!wholePieces) return launchTile<T, SmallTile, false>(p, launcher);
  if constexpr (sizeof(T) == 2) {
    if (tile == ProductTile::tall128x64) return launchTile<T, TallTile, true>(p, launcher);
    if (tile == ProductTile::large128x128) return launchTile<T, LargeTile, true>(p, launcher);
  }
  launchTile<T, SmallTile, true>(p, launcher);
}

template <class T>
void launchSum(const Product<T>& p, Launcher& launcher) {
  if (p.moments) {
    const Grid grid{p.rows / momentRows, ceilDivide(p.columns, columnsPerBlock)};
    return launcher.launch(sumPartsWithMomentsKernel<T>, grid, elementThreads, 0, p);
  }
  const int64_t size = int64_t{p.rows} * p.columns;
  launcher.launch(sumPartsKernel<T>, {ceilDivide(size, elementThreads)}, elementThreads, 0, p);
}

template <class T>
void convolveIn(const Convolution& c, Launcher& launcher) {
  const int64_t paddedChannels = ceilDivide(c.channels, pieceSize<T>) * pieceSize<T>;
  const int64_t outputHeight = c.height * c.upsample / c.stride, outputWidth = c.width * c.upsample / c.stride;
  const int64_t pixels = outputHeight * outputWidth, pieces = c.kernel * c.kernel * paddedChannels / pieceSize<T>;
  const int64_t moreChannels = c.more ? c.more.columns() : 0;
  const bool wholePieces =
      c.channels == paddedChannels && moreChannels % pieceSize<T> == 0 && beginWhole({c.x.data, c.more.data});
  toInt(c.images * c.height * c.width);  // pixels, which the kernel counts through all images
  const ProductPlan plan = planProduct(
      {c.images, pixels, c.columns, ceilDivide(toInt(pieces), stepPieces), sizeof(T) == 2 && wholePieces});
  const int64_t size = c.images * pixels * c.columns;
  const bool moments = c.moments && c.block == momentRows;
  const Product<T> p{static_cast<const T*>(c.x.data),
                     packedWeight<T>(c, paddedChannels, launcher),
                     c.bias.f32(),
                     static_cast<const T*>(c.residual.data),
                     static_cast<T*>(c.y.data),
                     plan.splits > 1 ? launcher.scratch<float>(plan.splits * size) : nullptr,
                     moments ? c.moments : nullptr,
                     toInt(c.images * pixels),
                     toInt(c.columns),
                     toInt(c.height),
                     toInt(c.width),
                     toInt(c.channels),
                     toInt(paddedChannels),
                     toInt(outputHeight),
                     toInt(outputWidth),
                     toInt(c.kernel),
                     toInt(c.stride),
                     toInt(c.upsample),
                     plan.splits,
                     plan.stepsPerSplit,
                     c.columns % 2 == 0 && beginWhole({c.y.data}),
                     static_cast<const T*>(c.more.data),
                     toInt(moreChannels)};
  launchProduct(p, wholePieces, plan.tile, launcher);
  if (plan.splits > 1) launchSum(p, launcher);
  if (c.moments && !moments) momentsOf(c.y, c.block, c.moments, launcher);
}

}  // namespace

void convolve(const Convolution& c, Launcher& launcher) {
  withStorage(c.y.dtype, [&](auto zero) { convolveIn<decltype(zero)>(c, launcher); });
}

}  // namespace counterpoint::cuda
