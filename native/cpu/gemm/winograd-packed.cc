// Winograd convolution with packed filters: see winograd-problem.h. Two schedules with the same sums: where there are many
// tiles each thread takes some of them through all three phases, in its own cache; where there are few, all threads go
// through the phases together and share out the frequencies.
#include <algorithm>

#include "cpu/gemm/winograd-problem.h"

namespace counterpoint::COUNTERPOINT_ISA::winograd {

namespace {

// Tiles in Winograd's domain, [frequency][tile][channel], before and after the products.
struct Domain {
  int64_t rowIn, rowOut, inStride, outStride, floats;
  float* in = nullptr;
  float* out = nullptr;

  Domain(const Problem& problem, int64_t frequencies, int64_t tiles)
      : rowIn(problem.rowOf(problem.filters.depth)),
        rowOut(problem.filters.panels() * panelColumns),
        inStride(frequencyStride(tiles * rowIn)),
        outStride(frequencyStride(tiles * rowOut)),
        floats(frequencies * (inStride + outStride)) {}

  void use(float* memory, int64_t frequencies) {
    in = memory;
    out = memory + frequencies * inStride;
  }
};

// The product of one frequency, some panels of its columns.
void multiplyFrequency(const Problem& problem, const Domain& domain, int64_t z, int64_t count, int64_t panelFirst,
                       int64_t panelLast) {
  const Filters& filters = problem.filters;
  const Blocking blocking(1, filters.depth);
  const float* packed = problem.packed + z * frequencyStride(blocking.floats(filters.columns));
  for (int64_t k = 0; k < filters.depth; k += blocking.depthBlock) {
    const int64_t depth = std::min(blocking.depthBlock, filters.depth - k), panelFloats = depth * panelColumns;
    for (int64_t p = panelFirst; p < panelLast; ++p) {
      const float* panel = packed + k * filters.panels() * panelColumns + p * panelFloats;
      multiplyRows({domain.in + z * domain.inStride + k, domain.rowIn,
                    domain.out + z * domain.outStride + p * panelColumns, domain.rowOut, count, panel, depth, k > 0,
                    vectorsOf(filters.columns - p * panelColumns), panel + panelFloats, panelFloats});
    }
  }
}

}  // namespace

template <class F>
void runApart(Context& context, const Problem& problem, int64_t blocks) {
  const Filters& filters = problem.filters;
  const int64_t tiles = problem.tiles(), block = ceilDiv(tiles, blocks);
  const Domain shared(problem, F::frequencies, block);
  context.parallel(ceilDiv(tiles, block), [&](int64_t index, int thread) {
    const int64_t pointers = pointerFloats(pointersOfTile<F> * block);
    float* memory = context.threadScratch(thread, static_cast<size_t>(shared.floats + pointers));
    Domain domain = shared;
    domain.use(memory, F::frequencies);
    const float** sources = reinterpret_cast<const float**>(memory + domain.floats);
    const int64_t first = index * block, count = std::min(block, tiles - first);
    locateTiles<F>(problem, first, count, sources);
    for (int64_t t = 0; t < count; ++t) {
      const float* const* next = sources + std::min(t + 1, count - 1);
      transformTile<F>(problem, sources + t, next, count, 0, filters.depth, domain.in + t * domain.rowIn,
                       domain.inStride);
    }
    for (int64_t z = 0; z < F::frequencies; ++z) multiplyFrequency(problem, domain, z, count, 0, filters.panels());
    storeTiles<F>(problem, first, count, 0, filters.columns, domain.out, domain.rowOut, domain.outStride);
  });
}

template <class F>
void runTogether(Context& context, const Problem& problem) {
  const Filters& filters = problem.filters;
  const int64_t tiles = problem.tiles(), round = ceilDiv(tiles, ceilDiv(tiles, tilesInDomain<F>));
  const int64_t panels = filters.panels(), panelBlock = ceilDiv(panels, 2), halves = ceilDiv(panels, panelBlock);
  Domain domain(problem, F::frequencies, round);
  domain.use(Memory::of(context, problem.memory->domain, domain.floats), F::frequencies);
  for (int64_t first = 0; first < tiles; first += round) {
    const int64_t count = std::min(round, tiles - first);
    context.parallel(count, [&](int64_t t, int) {
      const float* sources[pointersOfTile<F>];
      locateTiles<F>(problem, first + t, 1, sources);
      transformTile<F>(problem, sources, sources, 1, 0, filters.depth, domain.in + t * domain.rowIn, domain.inStride);
    });
    context.parallel(F::frequencies * halves, [&](int64_t item, int) {
      const int64_t panel = item % halves * panelBlock;
      multiplyFrequency(problem, domain, item / halves, count, panel, std::min(panel + panelBlock, panels));
    });
    context.parallel(count, [&](int64_t t, int) {
      storeTiles<F>(problem, first + t, 1, 0, filters.columns, domain.out + t * domain.rowOut, domain.rowOut,
                    domain.outStride);
    });
  }
}

template void runApart<F4>(Context&, const Problem&, int64_t);
template void runApart<F2>(Context&, const Problem&, int64_t);
template void runApart<F4of2>(Context&, const Problem&, int64_t);
template void runTogether<F4>(Context&, const Problem&);
template void runTogether<F2>(Context&, const Problem&);
template void runTogether<F4of2>(Context&, const Problem&);

}  // namespace counterpoint::COUNTERPOINT_ISA::winograd
