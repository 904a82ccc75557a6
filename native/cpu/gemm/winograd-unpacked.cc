// Winograd convolution with filters that are not packed, for large weights and few tiles: reading four times the weights'
// memory would take longer than to transform them in every call. See winograd-problem.h.
//
// Tiles are transformed by all threads, then each thread takes a group of columns through products and the way back. It
// transforms a block of the depth at a time into memory that stays in its second-level cache. While the products of one
// block run, the weights of the next are asked for and then copied into a dense buffer: read in place by the transform,
// nine taps a power of two apart would drive each other out of the cache.
#include <algorithm>

#include "cpu/gemm/winograd-problem.h"

namespace counterpoint::COUNTERPOINT_ISA::winograd {

namespace {

constexpr int64_t groupColumns = std::max<int64_t>(panelColumns, 32);

// The depth of a block, in whole lines of the cache: its transformed filters take up to 400 KB.
template <class F>
int64_t depthBlockOf(int64_t depth) {
  constexpr int64_t line = 16, most = 100 * 1024 / (F::frequencies * groupColumns * line);  // lines
  return ceilDiv(depth, ceilDiv(depth, most * line) * line) * line;
}

// The weights of one group of columns on their way into the buffer taps[9][depthBlock][groupColumns], a vector of depths
// of one tap at a time.
class FilterBlock {
 public:
  FilterBlock(const Filters& filters, int64_t column, int64_t depthBlock, float* taps)
      : filters(filters),
        column(column),
        width(std::min(groupColumns, filters.columns - column)),
        depthBlock(depthBlock),
        taps(taps) {}

  static int64_t floats(int64_t depthBlock) { return 9 * depthBlock * groupColumns; }

  // The block from depth `first` on.
  void begin(int64_t first) {
    k = first;
    depth = std::min(depthBlock, filters.depth - k);
    pieces = 9 * ceilDiv(depth, lanes);
    fetched = copied = 0;
  }
  int64_t count() const { return pieces; }
  bool done() const { return copied == pieces; }

  // Copies what has been asked for before, and asks for `count` pieces more.
  void advance(int64_t count) {
    for (; copied < fetched; ++copied) {
      const int64_t row = depthOf(copied);
      filters.copy(tapOf(copied), k + row, column, width, taps + (tapOf(copied) * depthBlock + row) * groupColumns,
                   groupColumns);
    }
    for (const int64_t last = std::min(fetched + count, pieces); fetched < last; ++fetched) {
      filters.fetch(tapOf(fetched), k + depthOf(fetched), column, width);
    }
  }

  template <class F>
  void transform(float* out, int64_t stride) const {
    transformFilters<F>(taps, depthBlock * groupColumns, groupColumns, depth, width, out, stride,
                        depthBlock * panelColumns);
  }

 private:
  int tapOf(int64_t piece) const { return static_cast<int>(piece / (pieces / 9)); }
  int64_t depthOf(int64_t piece) const { return piece % (pieces / 9) * lanes; }

  const Filters& filters;
  int64_t column, width, depthBlock;
  float* taps;
  int64_t k = 0, depth = 0, pieces = 0, fetched = 0, copied = 0;
};

// Transformed tiles, [block of the depth][frequency][tile][depth of the block], which all threads read.
struct Domain {
  float* data;
  int64_t depthBlock, blocks, row, stride;

  Domain(Context& context, const Problem& problem, int64_t frequencies, int64_t tiles, int64_t depthBlock)
      : depthBlock(depthBlock),
        blocks(ceilDiv(problem.filters.depth, depthBlock)),
        row(problem.rowOf(depthBlock)),
        stride(frequencyStride(tiles * row)) {
    data = context.scratch(static_cast<size_t>(blocks * frequencies * stride));
  }
};

// One tile into its place. A large domain is written past the caches: its lines are in the other cores' since they read
// them last, and asking for those takes longer than to write them. That takes whole vectors of one source each.
template <class F>
void placeTile(const Problem& problem, const Domain& domain, int64_t tile, int64_t place, bool large) {
  const float* sources[pointersOfTile<F>];
  locateTiles<F>(problem, tile, 1, sources);
  constexpr int64_t chunk = 64;
  alignas(64) float frequencies[F::frequencies * chunk];
  for (int64_t b = 0; b < domain.blocks; ++b) {
    const int64_t first = b * domain.depthBlock, last = std::min(first + domain.depthBlock, problem.filters.depth);
    float* to = domain.data + b * F::frequencies * domain.stride + place * domain.row;
    if (!large) {
      transformTile<F>(problem, sources, sources, 1, first, last, to, domain.stride);
      continue;
    }
    for (int64_t c = first; c < last; c += chunk, to += chunk) {
      const int64_t end = std::min(c + chunk, last);
      transformTile<F>(problem, sources, sources, 1, c, end, frequencies, chunk);
      for (int z = 0; z < F::frequencies; ++z) {
        for (int64_t i = 0; i < end - c; i += lanes) {
          storePast(to + z * domain.stride + i, load(frequencies + z * chunk + i));
        }
      }
    }
  }
  if (large) settle();
}

// A thread's memory for one group of columns: filters[frequency][panel][depth][P] of one block, the weights that they are
// made of, and products[frequency][tile][groupColumns].
struct GroupMemory {
  int64_t filterStride, outStride, taps, out, floats;

  GroupMemory(int64_t frequencies, int64_t tiles, int64_t depthBlock)
      : filterStride(frequencyStride(depthBlock * groupColumns)), outStride(frequencyStride(tiles * groupColumns)) {
    taps = frequencies * filterStride;
    out = taps + FilterBlock::floats(depthBlock);
    floats = out + frequencies * outStride;
  }
};

// The products of one group of columns for tiles [first, last) of the domain, and their way back to pixels; tile 0 of the
// domain is tile `origin`.
template <class F>
void runGroup(const Problem& problem, const Domain& domain, int64_t column, int64_t first, int64_t last, int64_t origin,
              const GroupMemory& sizes, float* memory) {
  const int64_t width = std::min(groupColumns, problem.filters.columns - column), panels = ceilDiv(width, panelColumns);
  const int64_t count = last - first, panelFloats = domain.depthBlock * panelColumns;
  float* out = memory + sizes.out;
  FilterBlock weights(problem.filters, column, domain.depthBlock, memory + sizes.taps);
  weights.begin(0);
  while (!weights.done()) weights.advance(2);
  for (int64_t b = 0; b < domain.blocks; ++b) {
    const int64_t k = b * domain.depthBlock, depth = std::min(domain.depthBlock, problem.filters.depth - k);
    weights.transform<F>(memory, sizes.filterStride);
    if (b + 1 < domain.blocks) weights.begin(k + domain.depthBlock);
    const int64_t piecesEach = ceilDiv(weights.count(), F::frequencies - 1);
    for (int64_t z = 0; z < F::frequencies; ++z) {
      if (!weights.done()) weights.advance(piecesEach);
      const float* in = domain.data + (b * F::frequencies + z) * domain.stride + first * domain.row;
      // Wanted next is the following frequency of the tiles; each panel asks for its share.
      const int64_t share = count * domain.row / panels;
      for (int64_t p = 0; p < panels; ++p) {
        multiplyRows({in, domain.row, out + z * sizes.outStride + p * panelColumns, groupColumns, count,
                      memory + z * sizes.filterStride + p * panelFloats, depth, b > 0,
                      vectorsOf(width - p * panelColumns), in + domain.stride + p * share, share});
      }
    }
  }
  storeTiles<F>(problem, origin + first, count, column, column + width, out, groupColumns, sizes.outStride);
}

}  // namespace

template <class F>
void runUnpacked(Context& context, const Problem& problem) {
  constexpr int64_t largeFloats = 1 << 19;
  const Filters& filters = problem.filters;
  const int64_t tiles = problem.tiles(), round = ceilDiv(tiles, ceilDiv(tiles, tilesInDomain<F>));
  const Domain domain(context, problem, F::frequencies, round, depthBlockOf<F>(filters.depth));
  const int64_t groups = ceilDiv(filters.columns, groupColumns), threads = context.threads();
  // Where there are fewer groups than threads would like, tiles are shared out as well.
  const int64_t parts = std::clamp<int64_t>(ceilDiv(threads > 1 ? 2 * threads : 1, groups), 1, ceilDiv(round, tileRows));
  const int64_t part = ceilDiv(round, parts);
  const GroupMemory sizes(F::frequencies, part, domain.depthBlock);
  for (int64_t origin = 0; origin < tiles; origin += round) {
    const int64_t count = std::min(round, tiles - origin);
    const bool large = F::frequencies * count * filters.depth > largeFloats && problem.seamless();
    context.parallel(count, [&](int64_t t, int) { placeTile<F>(problem, domain, origin + t, t, large); });
    context.parallel(groups * ceilDiv(count, part), [&](int64_t item, int thread) {
      const int64_t first = item / groups * part, last = std::min(first + part, count);
      float* memory = context.threadScratch(thread, static_cast<size_t>(sizes.floats));
      runGroup<F>(problem, domain, item % groups * groupColumns, first, last, origin, sizes, memory);
    });
  }
}

template void runUnpacked<F4>(Context&, const Problem&);
template void runUnpacked<F2>(Context&, const Problem&);

}  // namespace counterpoint::COUNTERPOINT_ISA::winograd
