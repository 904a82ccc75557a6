// How a product of matrices (gemm/product.h) is cut: into tiles, which may depend on everything, since no tile changes the
// order of a sum; and along its depth, which changes it and so depends on one image alone.
#pragma once
#include <cstdint>

namespace counterpoint::cuda {

struct ProductShape {
  int64_t images, rowsPerImage, columns;
  int64_t steps;          // of the depth
  bool manyTiles;         // else there is but one: in f32, and where pixels are gathered one by one
};

enum class ProductTile { small64x64, tall128x64, large128x128 };

struct ProductPlan {
  ProductTile tile;
  int splits, stepsPerSplit;
};

constexpr ProductPlan planProduct(const ProductShape& shape) {
  // Enough blocks for the largest devices (H200: 132 multiprocessors).
  constexpr int64_t enoughBlocks = 132, fewestSteps = 8, mostSplits = 16;
  const auto tiles = [&](int64_t rows, int64_t rowsOfTile, int64_t columnsOfTile) {
    return (rows + rowsOfTile - 1) / rowsOfTile * ((shape.columns + columnsOfTile - 1) / columnsOfTile);
  };
  const auto least = [](int64_t a, int64_t b) { return a < b ? a : b; };
  int64_t splits = least(mostSplits, least(enoughBlocks / tiles(shape.rowsPerImage, 64, 64), shape.steps / fewestSteps));
  if (splits < 1) splits = 1;
  const int64_t stepsPerSplit = (shape.steps + splits - 1) / splits;
  splits = (shape.steps + stepsPerSplit - 1) / stepsPerSplit;  // none is empty

  const int64_t rows = shape.images * shape.rowsPerImage;
  // A tile that is mostly beyond the last column is worse than a narrower one.
  const int64_t beyond = (128 - shape.columns % 128) % 128;
  ProductTile tile = ProductTile::small64x64;
  if (shape.manyTiles && tiles(rows, 128, 64) * splits >= enoughBlocks) tile = ProductTile::tall128x64;
  if (shape.manyTiles && tiles(rows, 128, 128) * splits >= enoughBlocks && beyond * 8 <= shape.columns) {
    tile = ProductTile::large128x128;
  }
  return {tile, static_cast<int>(splits), static_cast<int>(stepsPerSplit)};
}

}  // namespace counterpoint::cuda
