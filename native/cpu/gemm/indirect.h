// A product whose rows are found through pointers: y[m] = activation(sum over taps of x(tap, m) w(tap) + bias +
// residual). Linear layers have one tap; a convolution has one per kernel position.
#pragma once
#include <functional>

#include "cpu/gemm/gemm.h"
#include "cpu/gemm/tile.h"

namespace counterpoint::COUNTERPOINT_ISA {

struct RowPointers {
  const float** sources;    // [tap][count]: `depth` floats each
  float** targets;          // [count]: `columns` floats each
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

// Adds the residual and applies the activation to finished sums: `count` rows, `columns` of them from `column` on.
void finishRows(const Epilogue& epilogue, int64_t count, int64_t column, int64_t columns, float* const* targets,
                const float* const* residuals);

}  // namespace counterpoint::COUNTERPOINT_ISA
