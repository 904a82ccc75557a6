// A convolution as Winograd's schedules compute it, and the phases that they share. Filters are packed before (in
// packFilters), or transformed where they are needed; sums follow that choice, so it is one by the shape of an image alone.
#pragma once
#include <algorithm>

#include "cpu/gemm/winograd-tiles.h"
#include "cpu/gemm/winograd-transforms.h"

namespace counterpoint::COUNTERPOINT_ISA::winograd {

// The input gradient is one too, of dy with turned and transposed weights.
struct Problem {
  const Convolution& shape;  // outHeight, outWidth and batch are the tiles'
  Positions grid;            // of F::inputs squared pixels
  Filters filters;
  const float* packed;  // null: to be transformed where they are needed
  Epilogue epilogue;
  Matrix y;
  int64_t gather;     // 2: y is half as high and wide, each of its pixels the sum of 2 x 2 outputs
  bool past = false;  // y is written past the caches
  Positions more{};   // of a second source, whose channels are the last of the depth: as many as it has, or none

  int64_t tiles() const { return grid.count(); }
  // The channels of the first source.
  int64_t split() const { return filters.depth - more.source.columns; }
  // Whether no vector of channels is of both sources.
  bool seamless() const { return more.source.columns == 0 || split() % lanes == 0; }
  // Floats for `depth` channels of a transformed tile: each source begins behind the last and ends with a whole vector.
  int64_t rowOf(int64_t depth) const { return wholeVectors(depth) + (seamless() ? 0 : lanes); }
};

// The pixels of `count` tiles: sources[source][pixel][count].
template <class F>
void locateTiles(const Problem& problem, int64_t first, int64_t count, const float** sources) {
  problem.grid.locate(first, count, sources);
  if (problem.more.source.data) problem.more.locate(first, count, sources + F::frequencies * count);
}

// Pointers that locateTiles fills for a tile.
template <class F>
constexpr int64_t pointersOfTile = 2 * F::frequencies;

// transformPixels of both sources, from what locateTiles gave for `step` tiles.
template <class F>
void transformTile(const Problem& problem, const float* const* sources, const float* const* next, int64_t step,
                   int64_t first, int64_t last, float* out, int64_t stride) {
  const int64_t split = problem.split(), begin = std::max(first, split), behind = F::frequencies * step;
  if (first < split) transformPixels<F>(sources, next, step, first, std::min(last, split), out, stride);
  if (begin >= last) return;
  transformPixels<F>(sources + behind, next + behind, step, begin - split, last - split, out + begin - first, stride);
}

// One panel of some depth times `count` rows, `rowIn` and `rowOut` floats apart; `next` is wanted soon, `nextFloats` of
// it, and drawn towards the cache.
struct RowProduct {
  const float* in;
  int64_t rowIn;
  float* out;
  int64_t rowOut, count;
  const float* panel;
  int64_t depth;
  bool accumulate;
  int vectors;
  const float* next;
  int64_t nextFloats;
};
void multiplyRows(const RowProduct& product);

// From frequencies to pixels: the channels [first, last) of `count` tiles, tile `origin` + t from
// from[frequency * stride + t * row + channel - first].
template <class F>
void storeTiles(const Problem& problem, int64_t origin, int64_t count, int64_t first, int64_t last, const float* from,
                int64_t row, int64_t stride);

// Tiles in Winograd's domain at a time, where all threads work on them.
template <class F>
constexpr int64_t tilesInDomain = 192 * F4::frequencies / F::frequencies;

// With packed filters: each thread takes some tiles, one of `blocks` parts, through all three phases.
template <class F>
void runApart(Context& context, const Problem& problem, int64_t blocks);

// With packed filters: all threads go through the phases together and share out the frequencies.
template <class F>
void runTogether(Context& context, const Problem& problem);

// With filters as they are stored: threads share out the columns.
template <class F>
void runUnpacked(Context& context, const Problem& problem);

}  // namespace counterpoint::COUNTERPOINT_ISA::winograd
