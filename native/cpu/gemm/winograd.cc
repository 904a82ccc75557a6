// Winograd convolution and its input gradient: which method, schedule and packing. See winograd.h.
#include "cpu/gemm/winograd.h"

#include <algorithm>

#include "cpu/gemm/packings.h"
#include "cpu/gemm/winograd-problem.h"

namespace counterpoint::COUNTERPOINT_ISA {

using namespace winograd;

namespace {

// Packed filters of up to so many floats are kept: four times the weights' memory, but little of it, and not long on the
// way from there. Larger ones are transformed where they are needed if an image has no more than so many tiles; else they
// are packed in every call, which is then a small part of it.
constexpr int64_t keptFloats = 1 << 20, fewTiles = 256;

// The filters as packed panels, or null where they are to be transformed on the way: a choice by the shape of one image.
template <class F>
const float* packedFilters(Context& context, const Filters& filters, Packing packing, int64_t tilesOfImage) {
  const int64_t floats = packedFloats<F>(filters);
  const auto pack = [&](float* out) { packFilters<F>(context, filters, out); };
  if (floats <= keptFloats) {
    return context.packed(filters.tensor, static_cast<uint32_t>(packing), static_cast<size_t>(floats), pack);
  }
  if (tilesOfImage <= fewTiles) return nullptr;
  float* packed = context.scratch(static_cast<size_t>(floats));
  pack(packed);
  return packed;
}

// Results of so many floats would drive all else out of the caches; and to be written into them, their old contents would
// be read from memory first.
constexpr int64_t floatsPastCaches = 1 << 21;

bool wholeLines(const Matrix& y) {
  return reinterpret_cast<uintptr_t>(y.data) % 64 == 0 && y.stride % 16 == 0;
}

template <class F>
void run(Context& context, Problem problem, Packing packing) {
  const int64_t tiles = problem.tiles(), threads = context.threads();
  if (tiles == 0) return;
  const Filters& filters = problem.filters;
  problem.past = problem.y.rows * problem.y.columns >= floatsPastCaches && wholeLines(problem.y);
  problem.packed = packedFilters<F>(context, filters, packing, problem.grid.height * problem.grid.width);
  constexpr int64_t tilesAtOnce = 32 * F4::frequencies / F::frequencies;
  const int64_t blocks = ceilDiv(ceilDiv(tiles, tilesAtOnce), threads) * threads;  // as many for every thread
  // Apart, every block reads all weights; together, all tiles go through a shared cache.
  const bool manyTiles = tiles * (filters.depth + filters.columns) >= filters.area() && tiles >= 12 * blocks;
  if (!problem.packed) runUnpacked<F>(context, problem);
  else if (manyTiles) runApart<F>(context, problem, blocks);
  else runTogether<F>(context, problem);
}

}  // namespace

bool prefersWinograd(const Convolution& shape) {
  return shape.kernelHeight == 3 && shape.kernelWidth == 3 && shape.stride == 1 && shape.padTop == 1 &&
         shape.padLeft == 1 && shape.outHeight == shape.height * shape.upsample &&
         shape.outWidth == shape.width * shape.upsample && shape.outHeight >= 8 && shape.outWidth >= 8;
}

void winogradConvolution(Context& context, const Convolution& shape, const Sources& x, const Tensor& w,
                         const Epilogue& epilogue, const Matrix& y) {
  const float* zeros = zeroRow(context, shape.inChannels);
  const auto with = [&](auto method, Packing packing) {
    using F = decltype(method);
    const auto gridOf = [&](const Matrix& source) {
      return tileGrid(shape, source, shape.height, shape.width, shape.upsample, F::outputs, F::inputs, 1, zeros);
    };
    Problem problem{shape,   gridOf(x.x), {w, shape.inChannels, shape.outChannels, false},
                    nullptr, epilogue,    y,
                    1};
    problem.more = gridOf(x.more);
    run<F>(context, problem, packing);
  };
  if (shape.strict) with(F2(), Packing::strictWinograd);
  else with(F4(), Packing::winograd);
}

void winogradInputGradient(Context& context, const Convolution& shape, const Matrix& dy, const Tensor& w,
                           const Matrix& dx) {
  const float* zeros = zeroRow(context, shape.outChannels);
  const Positions grid =
      tileGrid(shape, dy, shape.outHeight, shape.outWidth, 1, F4::outputs, F4::inputs, 1, zeros);
  run<F4>(context, {shape, grid, {w, shape.outChannels, shape.inChannels, true}, nullptr, {}, dx, shape.upsample},
          Packing::winogradTransposed);
}

}  // namespace counterpoint::COUNTERPOINT_ISA
