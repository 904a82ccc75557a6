// A product whose rows are found through pointers: y[m] = f(sum over taps of x(tap, m) w(tap) + bias + residual).
// Linear layers have one tap; a convolution has one per kernel position.
#pragma once
#include <functional>

#include "cpu/gemm/gemm.h"
#include "cpu/gemm/tile.h"

namespace counterpoint::COUNTERPOINT_ISA {

struct RowPointers {
  const float** sources;    // [tap][count]: `depth` floats each
  float** targets;          // [count]: `columns` floats each, half as many behind geglu
  const float** residuals;  // [count]; to be filled where the product has a residual
};

struct IndirectProduct {
  int64_t rows = 0, columns = 0;
  Blocking blocking;
  const float* panels = nullptr;  // packed by packPanels for `blocking`
  Epilogue epilogue;              // its residual is found through `locate`, and only its presence asked here
  std::function<void(int64_t first, int64_t count, const RowPointers& pointers)> locate;  // fills pointers of some rows
};

void multiplyIndirect(Context& context, const IndirectProduct& product);

}  // namespace counterpoint::COUNTERPOINT_ISA
