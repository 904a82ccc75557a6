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
  const float* panels = nullptr;  // see `useWeights`
  bool pairs = false;             // whether they are of pairs.h
  Epilogue epilogue;              // its residual is found through `locate`, and only its presence asked here
  std::function<void(int64_t first, int64_t count, const RowPointers& pointers)> locate;  // fills pointers of some rows
  Blocking more{1, 0};  // of a second source, whose depth follows that of the first; none where it has no depth
  bool past = false;    // y, which no activation makes, is written past the caches where it is written once

  int64_t sources() const { return more.depth > 0 ? 2 : 1; }
};

// What `pack` makes of w in `floats` floats: kept, or for this instruction alone.
const float* panelsOf(Context& context, const Tensor& w, Packing packing, int64_t floats, bool kept,
                      const std::function<void(float* out)>& pack);

// Gives the product the panels of w [taps, depth, columns], in its dtype, kept or not: for the first source, and behind them
// those for the second.
void useWeights(Context& context, IndirectProduct& product, const Tensor& w, bool kept);

void multiplyIndirect(Context& context, const IndirectProduct& product);

}  // namespace counterpoint::COUNTERPOINT_ISA
