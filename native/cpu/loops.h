// The loops of elementwise and reducing kernels: vectors within a row, blocks of work over the pool, sums of fixed order.
//
// Block sizes are functions of the shape of one image (or row), never of the thread count or the batch, so that every sum
// is made in the same order whoever computes it.
#pragma once
#include <algorithm>
#include <functional>

#include "cpu/simd.h"
#include "machine/context.h"

namespace counterpoint::COUNTERPOINT_ISA {

// How `overLanes` reads and writes a vector, or the last few of a row.
struct Whole {
  COUNTERPOINT_INLINE Vec read(const float* p) const { return load(p); }
  COUNTERPOINT_INLINE void write(float* p, Vec v) const { store(p, v); }
};
struct Part {
  int64_t count;
  COUNTERPOINT_INLINE Vec read(const float* p) const { return loadPart(p, count); }
  COUNTERPOINT_INLINE void write(float* p, Vec v) const { storePart(p, v, count); }
};

// body(i, lane) for every `lanes`-th i from begin to end, `lane` a Whole or, for the rest, a Part (which reads zeros behind).
template <class Body>
COUNTERPOINT_INLINE void overLanes(int64_t begin, int64_t end, Body body) {
  int64_t i = begin;
  for (; i + lanes <= end; i += lanes) body(i, Whole{});
  if (i < end) body(i, Part{end - i});
}

// Context::parallel without the allocation that a std::function of a large closure makes.
template <class Body>
void parallel(Context& context, int64_t count, const Body& body) {
  context.parallel(count, std::cref(body));
}

constexpr int64_t blockElements = 8192;  // 32 KiB: worth a thread's while, and small beside an L2 cache

inline int64_t blocksOf(int64_t count, int64_t block) { return (count + block - 1) / block; }

// Rows of `columns` elements that make up a block.
inline int64_t rowsPerBlock(int64_t columns) { return std::clamp<int64_t>(blockElements / columns, 8, 256); }

// body(n, begin, end) in parallel for blocks of the `size` elements of each of `images` images.
template <class Body>
void overImages(Context& context, int64_t images, int64_t size, const Body& body) {
  const int64_t blocks = blocksOf(size, blockElements);
  parallel(context, images * blocks, [&](int64_t index, int) {
    const int64_t n = index / blocks, begin = index % blocks * blockElements;
    body(n, begin, std::min(size, begin + blockElements));
  });
}

// body(row) in parallel for `rows` rows of `columns` elements.
template <class Body>
void overRows(Context& context, int64_t rows, int64_t columns, const Body& body) {
  const int64_t block = rowsPerBlock(columns);
  parallel(context, blocksOf(rows, block), [&](int64_t index, int) {
    for (int64_t row = index * block; row < std::min(rows, (index + 1) * block); ++row) body(row);
  });
}

// An activation [N, positions, C] cut into blocks of rows that never cross images: what per-image sums are made of.
struct PositionBlocks {
  int64_t images, positions, channels;
  int64_t rows = rowsPerBlock(channels), perImage = blocksOf(positions, rows);

  int64_t count() const { return images * perImage; }
  int64_t image(int64_t index) const { return index / perImage; }
  // Rows of the whole activation.
  int64_t begin(int64_t index) const { return image(index) * positions + index % perImage * rows; }
  int64_t end(int64_t index) const { return std::min(begin(index) + rows, (image(index) + 1) * positions); }
  // For `values` numbers a channel of every block.
  size_t floats(int64_t values) const { return static_cast<size_t>(count() * values * channels); }
};

// y[i] = f(sources[i]…) for `count` elements.
template <class Function, class... Source>
void map(Context& context, int64_t count, float* y, Function f, const Source*... sources) {
  overImages(context, 1, count, [&](int64_t, int64_t begin, int64_t end) {
    overLanes(begin, end, [&](int64_t i, auto lane) { lane.write(y + i, f(lane.read(sources + i)...)); });
  });
}

inline double* scratchDoubles(Context& context, int64_t count) {
  return static_cast<double*>(static_cast<void*>(context.scratch(static_cast<size_t>(2 * count))));
}

// done(n, Σᵢ f(sources[n][i]…)) for each of `images` images of `size` elements; f of zeros must be zero. Lanes run over at
// most 1024 elements in f32; everything above is added in f64.
template <class Done, class Function, class... Source>
void sumImages(Context& context, int64_t images, int64_t size, Done done, Function f, const Source*... sources) {
  constexpr int64_t run = 1024;
  const int64_t blocks = blocksOf(size, blockElements);
  double* partial = scratchDoubles(context, images * blocks);
  overImages(context, images, size, [&](int64_t n, int64_t begin, int64_t end) {
    double total = 0;
    for (int64_t first = begin; first < end; first += run) {
      Vec sum = zero();
      overLanes(n * size + first, n * size + std::min(end, first + run),
                [&](int64_t i, auto lane) { sum = COUNTERPOINT_ISA::add(sum, f(lane.read(sources + i)...)); });
      total += sumOfLanes(sum);
    }
    partial[n * blocks + begin / blockElements] = total;
  });
  for (int64_t n = 0; n < images; ++n) {
    double total = 0;
    for (int64_t block = 0; block < blocks; ++block) total += partial[n * blocks + block];
    done(n, total);
  }
}

// out[i] = Σ partial[chunk * stride + i] over the chunks in order, for `count` elements.
inline void sumChunks(Context& context, const float* partial, int64_t chunks, int64_t stride, int64_t count,
                      float* out) {
  overRows(context, blocksOf(count, lanes), lanes * chunks, [&](int64_t index) {
    overLanes(index * lanes, std::min(count, (index + 1) * lanes), [&](int64_t i, auto lane) {
      Vec sum = lane.read(partial + i);
      for (int64_t chunk = 1; chunk < chunks; ++chunk) sum = add(sum, lane.read(partial + chunk * stride + i));
      lane.write(out + i, sum);
    });
  });
}

// Copies `rows` rows of `count` floats; strides in floats.
inline void copyRows(Context& context, int64_t rows, int64_t count, const float* source, int64_t sourceStride,
                     float* target, int64_t targetStride) {
  overRows(context, rows, count, [&](int64_t row) {
    std::copy_n(source + row * sourceStride, count, target + row * targetStride);
  });
}

}  // namespace counterpoint::COUNTERPOINT_ISA
