// Matrix products of f32, with weights in f32 or bf16 (see pairs.h): linear layers, their gradients, and batches of small products.
//
// All matrices are row-major with a row stride; outputs must not overlap inputs. Every output element is summed in an
// order that depends on the reduced dimension alone, so its bits do not change with the number of rows, threads, or its
// place among the rows. Weight gradients reduce over the rows and so depend on their number, never on the threads.
#pragma once
#include "cpu/simd.h"
#include "machine/context.h"

namespace counterpoint::COUNTERPOINT_ISA {

// `rows` rows of `columns` floats, `stride` floats apart.
struct Matrix {
  float* data = nullptr;
  int64_t rows = 0, columns = 0, stride = 0;

  float* row(int64_t i) const { return data + i * stride; }
};

// A tensor with all leading dimensions flattened into rows.
Matrix matrixOf(const Tensor& tensor);

// Whether a result is written past the caches: it would drive all else out of them, and to be written into them, its lines
// would be read from memory first. It takes whole lines.
bool goesPast(const Matrix& y);

// The rows of a product's left operand: those of `x`, each continued by that of `more` where it has columns. The chain of
// additions of an output is cut where they meet.
struct Sources {
  Matrix x, more;

  Sources(const Matrix& x, const Matrix& more = {}) : x(x), more(more) {}
};

enum class Activation { none, silu, gelu, quickGelu, geglu };

// What becomes of a product's sums on the way out: f(sum + bias + residual). Behind geglu y has half the columns of the sums.
struct Epilogue {
  const float* bias = nullptr;      // [columns], may be absent
  const float* residual = nullptr;  // [rows / residualRows, columns], may be absent; not beside an activation
  int64_t residualStride = 0;
  Activation activation = Activation::none;
  int64_t residualRows = 1;  // so many successive rows share one of the residual: one, or those of an image

  const float* residualOf(int64_t row) const { return residual + row / residualRows * residualStride; }
};

// y[M,N] = f(x[M,K] w[K,N] + bias + residual). `w` is packed through the context.
void linear(Context& context, const Sources& x, const Tensor& w, const Epilogue& epilogue, const Matrix& y);

// dx[M,K] = dy[M,N] w[K,N]^T.
void linearInputGradient(Context& context, const Matrix& dy, const Tensor& w, const Matrix& dx);

// dw[K,N] = x[M,K]^T dy[M,N], dense.
void linearWeightGradient(Context& context, const Matrix& x, const Matrix& dy, float* dw);

// One operand of a batch of products: matrix `i` begins `step` floats after matrix `i - 1`; `transposed` says that the
// stored matrix is the transpose of the one meant.
struct BatchMatrix {
  Matrix first;
  int64_t step = 0;
  bool transposed = false;
};

// y[i] = scale * a[i] b[i] for i < count: a as meant [M,K], b as meant [K,N], y [M,N].
void batchedProduct(Context& context, int64_t count, const BatchMatrix& a, const BatchMatrix& b, float scale,
                    const BatchMatrix& y);

}  // namespace counterpoint::COUNTERPOINT_ISA
