// A product whose rows are found through pointers: y[m] = f(sum over taps of x(tap, m) w(tap) + bias + residual).
// Linear layers have one tap; a convolution has one per kernel position.
#pragma once
#include <functional>

#include "cpu/gemm/gemm.h"
#include "cpu/gemm/packings.h"
#include "cpu/gemm/tile.h"

namespace counterpoint::COUNTERPOINT_ISA {

struct RowPointers {
  const float** sources;    // [source][tap][count]: `depth` floats each
  float** targets;          // [count]: `columns` floats each, half as many behind geglu
  const float** residuals;  // [count]; to be filled where the product has a residual
};

struct IndirectProduct {
  int64_t rows = 0, columns = 0;
  Blocking blocking;
  const float* panels = nullptr;  // packed by packSources
  Epilogue epilogue;              // its residual is found through `locate`, and only its presence asked here
  std::function<void(int64_t first, int64_t count, const RowPointers& pointers)> locate;  // fills pointers of some rows
  Blocking more{1, 0};  // of a second source, whose depth follows that of the first; none where it has no depth

  int64_t sources() const { return more.depth > 0 ? 2 : 1; }
  size_t packedFloats() const { return static_cast<size_t>(blocking.floats(columns) + more.floats(columns)); }
  // The name of what packSources writes, which is `one` where there is one source.
  uint32_t packing(Packing one) const {
    if (more.depth == 0) return static_cast<uint32_t>(one);
    return static_cast<uint32_t>(Packing::split) + static_cast<uint32_t>(blocking.depth);
  }
};

// Panels of the weight for the first source, and behind them those for the second.
void packSources(Context& context, const IndirectProduct& product, WeightView weight, float* out);

void multiplyIndirect(Context& context, const IndirectProduct& product);

}  // namespace counterpoint::COUNTERPOINT_ISA
