// Products of rows, and the way back to pixels: see winograd-problem.h.
#include "cpu/gemm/winograd-problem.h"

#include <algorithm>

namespace counterpoint::COUNTERPOINT_ISA::winograd {

void multiplyRows(const RowProduct& product) {
  const float* rows[tileRows];
  float* targets[tileRows];
  const float* next = product.next;
  const int64_t nextOfRow = ceilDiv(product.nextFloats, product.count);
  for (int64_t m = 0; m < product.count;) {
    const int rowsHere = nextRows(product.count - m);
    for (int r = 0; r < rowsHere; ++r) {
      rows[r] = product.in + (m + r) * product.rowIn;
      targets[r] = product.out + (m + r) * product.rowOut;
    }
    multiplyTile(rowsHere, {rows, 0, 0, 1, product.depth, product.panel, next, nullptr, targets, 0, product.accumulate,
                            product.vectors});
    m += rowsHere;
    next += product.depth * panelColumns / 4;
    // The tile has asked for that much; whatever else belongs to its share of the rows:
    const float* share = product.next + nextOfRow * m;
    for (; next < share; next += 16) __builtin_prefetch(next, 0, 2);
  }
}

namespace {

template <class F>
void storeTile(const Problem& problem, int64_t tile, int64_t first, int64_t last, const float* from, int64_t stride) {
  constexpr int outputs = F::outputs;
  const Positions& grid = problem.grid;
  const int64_t left = tile % grid.width * outputs, top = tile / grid.width % grid.height * outputs;
  const int64_t image = tile / grid.width / grid.height, g = problem.gather, s = problem.spread;
  const int64_t height = problem.shape.outHeight / g, width = problem.shape.outWidth / g;  // of y
  const int64_t down = std::min<int64_t>(outputs / g, height / s - top / g),
                across = std::min<int64_t>(outputs / g, width / s - left / g);
  const int phase = problem.filters.phase;
  const int64_t firstRow = (image * height + s * (top / g) + phase / 2) * width + s * (left / g) + phase % 2;
  const Epilogue& epilogue = problem.epilogue;
  // A tile lies in one image.
  const float* firstResidual = epilogue.residual ? epilogue.residualOf(firstRow) : nullptr;
  const int64_t residualStep = epilogue.residualRows == 1 ? epilogue.residualStride : 0;
  for (int64_t c = first; c < last; c += lanes, from += lanes) {
    const int64_t part = std::min(lanes, last - c);
    const Vec bias = epilogue.bias ? loadPart(epilogue.bias + c, part) : zero();
    const auto frequency = [&](int z) __attribute__((always_inline)) { return load(from + z * stride); };
    if (g == 1 && part == lanes && down == outputs && across == outputs) {
      inTwoDimensions<typename F::Output>(frequency, [&](int i, Vec value) __attribute__((always_inline)) {
        const int64_t row = firstRow + s * (i / outputs * width + i % outputs);
        float* target = problem.y.row(row) + c;
        Vec result = add(value, bias);
        if (firstResidual) {
          const float* residual = firstResidual + (row - firstRow) * residualStep + c;
          result = add(result, load(residual));
          __builtin_prefetch(residual + s * outputs * residualStep, 0, 3);  // the tile to the right comes next
        }
        if (problem.past) return storePast(target, result);
        store(target, result);
        __builtin_prefetch(target + s * outputs * problem.y.stride, 1, 3);
      });
      continue;
    }
    Vec pixel[outputs * outputs];
    inTwoDimensions<typename F::Output>(
        frequency, [&](int i, Vec value) __attribute__((always_inline)) { pixel[i] = value; });
    for (int64_t j = 0; j < down; ++j) {
      for (int64_t i = 0; i < across; ++i) {
        const int64_t row = firstRow + s * (j * width + i);
        float* target = problem.y.row(row);
        if (g == 2) {
          const Vec* square = pixel + 2 * j * outputs + 2 * i;
          const Vec sum = add(add(square[0], square[1]), add(square[outputs], square[outputs + 1]));
          storePart(target + c, sum, part);
          continue;
        }
        const Vec sum = add(pixel[j * outputs + i], bias);
        const float* residual = firstResidual ? firstResidual + (row - firstRow) * residualStep + c : nullptr;
        storePart(target + c, residual ? add(sum, loadPart(residual, part)) : sum, part);
      }
    }
  }
}

}  // namespace

template <class F>
void storeTiles(const Problem& problem, int64_t origin, int64_t count, int64_t first, int64_t last, const float* from,
                int64_t row, int64_t stride) {
  for (int64_t t = 0; t < count; ++t) storeTile<F>(problem, origin + t, first, last, from + t * row, stride);
  if (problem.past) settle();
}

template void storeTiles<F4>(const Problem&, int64_t, int64_t, int64_t, int64_t, const float*, int64_t, int64_t);
template void storeTiles<F2>(const Problem&, int64_t, int64_t, int64_t, int64_t, const float*, int64_t, int64_t);
template void storeTiles<F4of2>(const Problem&, int64_t, int64_t, int64_t, int64_t, const float*, int64_t, int64_t);

}  // namespace counterpoint::COUNTERPOINT_ISA::winograd
