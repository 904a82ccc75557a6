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
const float* packedFilters(Context& context, const Filters& filters, uint32_t packing, int64_t tilesOfImage,
                           Memory& memory) {
  const int64_t floats = packedFloats<F>(filters);
  const auto pack = [&](float* out) { packFilters<F>(context, filters, out); };
  if (floats <= keptFloats) {
    return context.packed(filters.tensor, packing, static_cast<size_t>(floats), pack);
  }
  if (tilesOfImage <= fewTiles) return nullptr;
  float* packed = Memory::of(context, memory.filters, floats);
  pack(packed);
  return packed;
}

template <class F>
void run(Context& context, Problem problem, uint32_t packing, Memory& memory) {
  const int64_t tiles = problem.tiles(), threads = context.threads();
  if (tiles == 0) return;
  const Filters& filters = problem.filters;
  problem.past = goesPast(problem.y);
  problem.packed = packedFilters<F>(context, filters, packing, problem.grid.height * problem.grid.width, memory);
  problem.memory = &memory;
  constexpr int64_t tilesAtOnce = 32 * F4::frequencies / F::frequencies;
  const int64_t blocks = ceilDiv(ceilDiv(tiles, tilesAtOnce), threads) * threads;  // as many for every thread
  // Apart, every block reads all weights; together, all tiles go through a shared cache.
  const bool manyTiles = tiles * (filters.depth + filters.columns) >= filters.area() && tiles >= 12 * blocks;
  if (!problem.packed) runUnpacked<F>(context, problem);
  else if (manyTiles) runApart<F>(context, problem, blocks);
  else runTogether<F>(context, problem);
}

// Whether a doubled image goes by phases: these have 100 matrices to make and to read, not 36, and few tiles are not worth it.
bool prefersPhases(const Convolution& shape) {
  constexpr int64_t enoughTiles = 16;
  const int64_t tiles = ceilDiv(shape.height, F4of2::outputs) * ceilDiv(shape.width, F4of2::outputs);
  return shape.upsample == 2 && !shape.strict && tiles >= enoughTiles;
}

// The tiles of one phase of a doubled image.
Positions phaseGrid(const Convolution& shape, const Matrix& source, int phase, const float* zeros) {
  Convolution small = shape;
  small.outHeight = shape.height, small.outWidth = shape.width;
  Positions grid = tileGrid(small, source, shape.height, shape.width, 1, F4of2::outputs, F4of2::inputs, 1, zeros);
  for (int t = 0; t < F4of2::inputs; ++t) grid.vertical.offset[t] += phase / 2, grid.horizontal.offset[t] += phase % 2;
  return grid;
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
  Memory memory;
  Filters filters{w, shape.inChannels, shape.outChannels, false};
  if (prefersPhases(shape)) {
    for (; filters.phase < 4; ++filters.phase) {
      Problem problem{shape, phaseGrid(shape, x.x, filters.phase, zeros), filters, nullptr, epilogue, y, 1, 2};
      problem.more = phaseGrid(shape, x.more, filters.phase, zeros);
      const auto phase = static_cast<uint32_t>(filters.phase);
      run<F4of2>(context, problem, static_cast<uint32_t>(Packing::winogradPhase) + phase, memory);
    }
    return;
  }
  const auto with = [&](auto method, Packing packing) {
    using F = decltype(method);
    const auto gridOf = [&](const Matrix& source) {
      return tileGrid(shape, source, shape.height, shape.width, shape.upsample, F::outputs, F::inputs, 1, zeros);
    };
    Problem problem{shape, gridOf(x.x), filters, nullptr, epilogue, y, 1};
    problem.more = gridOf(x.more);
    run<F>(context, problem, static_cast<uint32_t>(packing), memory);
  };
  if (shape.strict) with(F2(), Packing::strictWinograd);
  else with(F4(), Packing::winograd);
}

void winogradInputGradient(Context& context, const Convolution& shape, const Matrix& dy, const Tensor& w,
                           const Matrix& dx) {
  const float* zeros = zeroRow(context, shape.outChannels);
  const Positions grid =
      tileGrid(shape, dy, shape.outHeight, shape.outWidth, 1, F4::outputs, F4::inputs, 1, zeros);
  Memory memory;
  run<F4>(context, {shape, grid, {w, shape.outChannels, shape.inChannels, true}, nullptr, {}, dx, shape.upsample},
          static_cast<uint32_t>(Packing::winogradTransposed), memory);
}

}  // namespace counterpoint::COUNTERPOINT_ISA
