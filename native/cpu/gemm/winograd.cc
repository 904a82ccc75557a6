// Winograd convolution and its input gradient: see winograd.h. Two schedules with the same sums: where there are many
// tiles each thread takes some of them through all three phases, in its own cache; where there are few, all threads go
// through the phases together and share out the frequencies.
#include "cpu/gemm/winograd.h"

#include <algorithm>

#include "cpu/gemm/indirect.h"
#include "cpu/gemm/packings.h"
#include "cpu/gemm/winograd-tiles.h"
#include "cpu/gemm/winograd-transforms.h"

namespace counterpoint::COUNTERPOINT_ISA {

using namespace winograd;

namespace {

// A convolution as this file computes it; the input gradient is one too, of dy with turned and transposed weights.
struct Problem {
  const Convolution& shape;  // outHeight, outWidth and batch are the tiles'
  Positions grid;            // of 6 x 6 pixels
  int64_t depth, columns;
  const float* filters;
  Epilogue epilogue;
  Matrix y;
  int64_t gather;  // 2: y is half as high and wide, each of its pixels the sum of 2 x 2 outputs

  int64_t tiles() const { return grid.count(); }
  int64_t rowIn() const { return wholeVectors(depth); }                             // floats of a transformed input row
  int64_t rowOut() const { return ceilDiv(columns, panelColumns) * panelColumns; }  // of a product's row
};

// Tiles in Winograd's domain: [frequency][tile][channel].
struct Domain {
  float* in;
  float* out;
  int64_t inStride, outStride;

  static int64_t floats(const Problem& problem, int64_t tiles) {
    return frequencies * (frequencyStride(tiles * problem.rowIn()) + frequencyStride(tiles * problem.rowOut()));
  }
  Domain(const Problem& problem, int64_t tiles, float* memory)
      : in(memory),
        inStride(frequencyStride(tiles * problem.rowIn())),
        outStride(frequencyStride(tiles * problem.rowOut())) {
    out = memory + frequencies * inStride;
  }
};

// ---- Phase 2: the product of one frequency, some panels of its columns ----
void multiplyFrequency(const Problem& problem, const Domain& domain, int64_t z, int64_t tiles, int64_t panelFirst,
                       int64_t panelLast) {
  const Blocking blocking(1, problem.depth);
  const int64_t panels = problem.rowOut() / panelColumns;
  const float* filters = problem.filters + z * frequencyStride(blocking.floats(problem.columns));
  const float* rows[tileRows];
  float* targets[tileRows];
  for (int64_t k = 0; k < problem.depth; k += blocking.depthBlock) {
    const int64_t depth = std::min(blocking.depthBlock, problem.depth - k);
    for (int64_t p = panelFirst; p < panelLast; ++p) {
      const float* panel = filters + (k * panels + p * depth) * panelColumns;
      const float* next = panel + depth * panelColumns;
      const int vectors = vectorsOf(problem.columns - p * panelColumns);
      for (int64_t m = 0; m < tiles;) {
        const int count = nextRows(tiles - m);
        for (int r = 0; r < count; ++r) {
          rows[r] = domain.in + z * domain.inStride + (m + r) * problem.rowIn();
          targets[r] = domain.out + z * domain.outStride + (m + r) * problem.rowOut();
        }
        multiplyTile(count, {rows, 0, k, 1, depth, panel, next, nullptr, targets, p * panelColumns, k > 0, vectors});
        next += depth * panelColumns / 4;
        m += count;
      }
    }
  }
}

// ---- Phase 3: back to pixels ----

// A vector of channels of one tile's outputs, before bias.
COUNTERPOINT_INLINE void transformBack(const float* from, int64_t stride, Vec (&pixel)[outputs * outputs]) {
  Vec frequency[frequencies];
  COUNTERPOINT_UNROLL
  for (int z = 0; z < frequencies; ++z) frequency[z] = load(from + z * stride);
  inTwoDimensions<Output>(frequency, pixel);
}

void storeTile(const Problem& problem, const float* from, int64_t stride, int64_t tile) {
  const Positions& grid = problem.grid;
  const int64_t left = tile % grid.width * outputs, top = tile / grid.width % grid.height * outputs;
  const int64_t image = tile / grid.width / grid.height, g = problem.gather;
  const int64_t height = problem.shape.outHeight / g, width = problem.shape.outWidth / g;  // of y
  const int64_t down = std::min<int64_t>(outputs / g, height - top / g),
                across = std::min<int64_t>(outputs / g, width - left / g);
  const int64_t firstRow = (image * height + top / g) * width + left / g;
  const Epilogue& epilogue = problem.epilogue;
  const bool plain = !epilogue.residual && epilogue.activation == Activation::none;
  for (int64_t c = 0; c < problem.columns; c += lanes) {
    const int64_t part = std::min(lanes, problem.columns - c);
    Vec pixel[outputs * outputs];
    transformBack(from + c, stride, pixel);
    if (g == 2) {
      for (int64_t j = 0; j < down; ++j) {
        for (int64_t i = 0; i < across; ++i) {
          const Vec* square = pixel + 2 * j * outputs + 2 * i;
          const Vec sum = add(add(square[0], square[1]), add(square[outputs], square[outputs + 1]));
          storePart(problem.y.row(firstRow + j * width + i) + c, sum, part);
        }
      }
      continue;
    }
    const Vec bias = epilogue.bias ? loadPart(epilogue.bias + c, part) : zero();
    if (plain && part == lanes && down == outputs && across == outputs) {
      COUNTERPOINT_UNROLL
      for (int j = 0; j < outputs; ++j) {
        float* to = problem.y.row(firstRow + j * width) + c;
        COUNTERPOINT_UNROLL
        for (int i = 0; i < outputs; ++i) store(to + i * problem.y.stride, add(pixel[j * outputs + i], bias));
      }
      continue;
    }
    for (int64_t j = 0; j < down; ++j) {
      for (int64_t i = 0; i < across; ++i) {
        const int64_t row = firstRow + j * width + i;
        float* target = problem.y.row(row);
        const float* residual = epilogue.residual ? epilogue.residual + row * epilogue.residualStride : nullptr;
        storePart(target + c, add(pixel[j * outputs + i], bias), part);
        finishRows(epilogue, 1, c, part, &target, &residual);
      }
    }
  }
}

// ---- The two schedules ----

constexpr int64_t tilesAtOnce = 32;

// Phase 1 for tiles [first, first + count), into places [0, count) of the domain.
void transformTiles(const Problem& problem, const Domain& domain, int64_t first, int64_t count, int64_t place,
                    const float** sources) {
  problem.grid.locate(first, count, sources);
  for (int64_t t = 0; t < count; ++t) {
    transformPixels(sources + t, count, problem.depth, domain.in + (place + t) * problem.rowIn(), domain.inStride);
  }
}

constexpr int64_t pointerFloats(int64_t tiles) {
  constexpr int64_t floatsAPointer = static_cast<int64_t>(sizeof(void*)) / static_cast<int64_t>(sizeof(float));
  return frequencies * tiles * floatsAPointer;
}

void runApart(Context& context, const Problem& problem, int64_t blocks) {
  const int64_t tiles = problem.tiles(), block = ceilDiv(tiles, blocks), panels = problem.rowOut() / panelColumns;
  const int64_t floats = Domain::floats(problem, block);
  context.parallel(ceilDiv(tiles, block), [&](int64_t index, int thread) {
    float* memory = context.threadScratch(thread, static_cast<size_t>(floats + pointerFloats(block)));
    const Domain domain(problem, block, memory);
    const int64_t first = index * block, count = std::min(block, tiles - first);
    transformTiles(problem, domain, first, count, 0, reinterpret_cast<const float**>(memory + floats));
    for (int64_t z = 0; z < frequencies; ++z) multiplyFrequency(problem, domain, z, count, 0, panels);
    for (int64_t t = 0; t < count; ++t)
      storeTile(problem, domain.out + t * problem.rowOut(), domain.outStride, first + t);
  });
}

void runTogether(Context& context, const Problem& problem) {
  constexpr int64_t most = 192;  // tiles in the domain at a time
  const int64_t tiles = problem.tiles(), rounds = ceilDiv(tiles, most), round = ceilDiv(tiles, rounds);
  const int64_t panels = problem.rowOut() / panelColumns, panelBlock = ceilDiv(panels, 2),
                halves = ceilDiv(panels, panelBlock);
  const Domain domain(problem, round, context.scratch(static_cast<size_t>(Domain::floats(problem, round))));
  for (int64_t first = 0; first < tiles; first += round) {
    const int64_t count = std::min(round, tiles - first);
    context.parallel(count, [&](int64_t t, int) {
      const float* sources[frequencies];
      transformTiles(problem, domain, first + t, 1, t, sources);
    });
    context.parallel(frequencies * halves, [&](int64_t item, int) {
      const int64_t panel = item % halves * panelBlock;
      multiplyFrequency(problem, domain, item / halves, count, panel, std::min(panel + panelBlock, panels));
    });
    context.parallel(count, [&](int64_t t, int) {
      storeTile(problem, domain.out + t * problem.rowOut(), domain.outStride, first + t);
    });
  }
}

void run(Context& context, const Problem& problem) {
  if (problem.tiles() == 0) return;
  const int64_t threads = context.threads(), blocks = ceilDiv(problem.tiles(), tilesAtOnce);
  const int64_t even = ceilDiv(blocks, threads) * threads;  // as many blocks for every thread
  // Apart, every block reads all weights; together, all tiles go through a shared cache twice.
  const bool manyTiles = problem.tiles() * (problem.depth + problem.columns) > problem.depth * problem.columns;
  if (manyTiles && problem.tiles() >= 12 * even) runApart(context, problem, even);
  else runTogether(context, problem);
}

const float* filtersOf(Context& context, const Tensor& w, int64_t depth, int64_t columns, bool transposed) {
  const int64_t floats = frequencies * frequencyStride(Blocking(1, depth).floats(columns));
  return context.packed(w, static_cast<uint32_t>(transposed ? Packing::winogradTransposed : Packing::winograd),
                        static_cast<size_t>(floats),
                        [&](float* out) { packFilters(context, w.f32(), depth, columns, transposed, out); });
}

}  // namespace

bool prefersWinograd(const Convolution& shape) {
  return shape.kernelHeight == 3 && shape.kernelWidth == 3 && shape.stride == 1 && shape.padTop == 1 &&
         shape.padLeft == 1 && shape.outHeight == shape.height * shape.upsample &&
         shape.outWidth == shape.width * shape.upsample && shape.outHeight >= 8 && shape.outWidth >= 8;
}

void winogradConvolution(Context& context, const Convolution& shape, const Matrix& x, const Tensor& w,
                         const Epilogue& epilogue, const Matrix& y) {
  const float* zeros = zeroRow(context, shape.inChannels);
  run(context,
      {shape, tileGrid(shape, x, shape.height, shape.width, shape.upsample, inputs, 1, zeros), shape.inChannels,
       shape.outChannels, filtersOf(context, w, shape.inChannels, shape.outChannels, false), epilogue, y, 1});
}

void winogradInputGradient(Context& context, const Convolution& shape, const Matrix& dy, const Tensor& w,
                           const Matrix& dx) {
  const float* zeros = zeroRow(context, shape.outChannels);
  run(context, {shape,
                tileGrid(shape, dy, shape.outHeight, shape.outWidth, 1, inputs, 1, zeros),
                shape.outChannels,
                shape.inChannels,
                filtersOf(context, w, shape.outChannels, shape.inChannels, true),
                {},
                dx,
                shape.upsample});
}

}  // namespace counterpoint::COUNTERPOINT_ISA
