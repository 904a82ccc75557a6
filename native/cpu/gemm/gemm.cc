// Linear layers, their gradients and batched products: see gemm.h.
#include "cpu/gemm/gemm.h"

#include <algorithm>

#include "cpu/gemm/indirect.h"
#include "cpu/gemm/packings.h"
#include "cpu/gemm/tile.h"
#include "cpu/gemm/weight-gradient.h"

namespace counterpoint::COUNTERPOINT_ISA {

namespace {

// So many rows make packing a large w anew cost a few percent at most, and memory for a second copy of it is saved. Small
// ones are kept: their copies take little, and a call for them is short.
constexpr int64_t rowsWorthPacking = 512;
constexpr int64_t floatsWorthPacking = 1 << 18;

bool worthKeeping(int64_t rows, int64_t floats) { return rows < rowsWorthPacking || floats < floatsWorthPacking; }

// y = epilogue(x w), with the panels of w in `product`.
void multiply(Context& context, IndirectProduct& product, const Sources& x, const Matrix& y) {
  const Epilogue& epilogue = product.epilogue;
  product.past = epilogue.activation == Activation::none && goesPast(y);
  product.locate = [&](int64_t first, int64_t count, const RowPointers& pointers) {
    for (int64_t i = 0; i < count; ++i) {
      pointers.sources[i] = x.x.row(first + i);
      if (x.more.data) pointers.sources[count + i] = x.more.row(first + i);
      pointers.targets[i] = y.row(first + i);
      if (epilogue.residual) pointers.residuals[i] = epilogue.residualOf(first + i);
    }
  };
  multiplyIndirect(context, product);
}

}  // namespace

Matrix matrixOf(const Tensor& tensor) { return {tensor.f32(), tensor.rows(), tensor.columns(), tensor.rowStride}; }

bool goesPast(const Matrix& y) {
  constexpr int64_t floats = 1 << 21;
  return y.rows * y.columns >= floats && reinterpret_cast<uintptr_t>(y.data) % 64 == 0 && y.stride % 16 == 0;
}

void linear(Context& context, const Sources& x, const Tensor& w, const Epilogue& epilogue, const Matrix& y) {
  const int64_t columns = epilogue.activation == Activation::geglu ? 2 * y.columns : y.columns;
  const Blocking blocking(1, x.x.columns), more(1, x.more.columns);
  IndirectProduct product{y.rows, columns, blocking, nullptr, false, epilogue, {}, more};
  useWeights(context, product, w, worthKeeping(y.rows, blocking.floats(columns) + more.floats(columns)));
  multiply(context, product, x, y);
}

void linearInputGradient(Context& context, const Matrix& dy, const Tensor& w, const Matrix& dx) {
  const Blocking blocking(1, dy.columns);
  const int64_t floats = blocking.floats(dx.columns);
  IndirectProduct product{dx.rows, dx.columns, blocking, nullptr, false, {}, {}};
  product.panels = panelsOf(context, w, Packing::transposed, floats, worthKeeping(dx.rows, floats), [&](float* out) {
    packPanels(context, blocking, dx.columns, {w.f32(), 0, 1, dy.columns}, out);
  });
  multiply(context, product, dy, dx);
}

void linearWeightGradient(Context& context, const Matrix& x, const Matrix& dy, float* dw) {
  TransposedProduct product{1, x.columns, dy, dw, {}};
  product.locate = [&](int64_t first, int64_t count, const float** sources) {
    for (int64_t i = 0; i < count; ++i) sources[i] = x.row(first + i);
  };
  multiplyTransposed(context, product);
}

void batchedProduct(Context& context, int64_t count, const BatchMatrix& a, const BatchMatrix& b, float scale,
                    const BatchMatrix& y) {
  const int64_t rows = y.first.rows, columns = y.first.columns;
  const int64_t depth = a.transposed ? a.first.rows : a.first.columns;
  if (count == 0 || rows == 0 || columns == 0) return;
  // Packing b is repeated by every item of a product, so products are cut only as far as the threads need it.
  const int64_t wanted = context.threads() > 1 ? ceilDiv(4 * context.threads(), count) : 1;
  const int64_t rowBlock = ceilDiv(ceilDiv(rows, std::min(wanted, ceilDiv(rows, 4 * tileRows))), tileRows) * tileRows;
  const int64_t rowBlocks = ceilDiv(rows, rowBlock), depthBlock = std::max<int64_t>(1, Blocking(1, depth).depthBlock);

  context.parallel(count * rowBlocks, [&](int64_t index, int thread) {
    const int64_t matrix = index / rowBlocks, m0 = index % rowBlocks * rowBlock, m1 = std::min(m0 + rowBlock, rows);
    const float* aData = a.first.data + matrix * a.step;
    const float* bData = b.first.data + matrix * b.step;
    float* yData = y.first.data + matrix * y.step;
    float* panel = context.threadScratch(thread, static_cast<size_t>(depthBlock * panelColumns + 2 * depthBlock));
    const float** sources = reinterpret_cast<const float**>(panel + depthBlock * panelColumns);
    alignas(64) float corner[tileRows * panelColumns];
    const float* x[tileRows];
    float* corners[tileRows];
    for (int r = 0; r < tileRows; ++r) corners[r] = corner + r * panelColumns;

    for (int64_t n = 0; n < columns; n += panelColumns) {
      const int64_t width = std::min(panelColumns, columns - n);
      for (int64_t k = 0; k == 0 || k < depth; k += depthBlock) {
        const int64_t length = std::min(depthBlock, depth - k);
        const int64_t depthStride = b.transposed ? 1 : b.first.stride, columnStride = b.transposed ? b.first.stride : 1;
        packPanel(bData + k * depthStride + n * columnStride, depthStride, columnStride, length, width, panel);
        for (int64_t i = 0; a.transposed && i < length; ++i) sources[i] = aData + (k + i) * a.first.stride;
        for (int64_t m = m0; m < m1;) {
          const int tile = nextRows(m1 - m);
          if (a.transposed) {
            multiplyTransposedTile(tile, sources, m, length, panel, corner, panelColumns, false, vectorsOf(width));
          } else {
            for (int r = 0; r < tile; ++r) x[r] = aData + (m + r) * a.first.stride;
            multiplyTile(tile, {x, 0, k, 1, length, panel, panel, nullptr, corners, 0, false, vectorsOf(width)});
          }
          for (int r = 0; r < tile; ++r) {
            float* to = yData + (m + r) * y.first.stride + n;
            for (int64_t j = 0; j < width; j += lanes) {
              const int64_t part = std::min(lanes, width - j);
              const Vec sum = mul(load(corners[r] + j), broadcast(scale));
              storePart(to + j, k > 0 ? add(loadPart(to + j, part), sum) : sum, part);
            }
          }
          m += tile;
        }
      }
    }
  });
}

}  // namespace counterpoint::COUNTERPOINT_ISA
