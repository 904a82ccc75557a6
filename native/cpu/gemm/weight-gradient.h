// The product that weight gradients are: dw(tap)[K,N] = sum over rows m of x(tap, m)[K]^T dy[m][N].
#pragma once
#include <functional>

#include "cpu/gemm/gemm.h"

namespace counterpoint::COUNTERPOINT_ISA {

struct TransposedProduct {
  int64_t taps = 1, depth = 0;                                                      // K
  Matrix dy;                                                                        // [M, N]
  float* dw = nullptr;                                                              // [taps, K, N]
  std::function<void(int64_t first, int64_t count, const float** sources)> locate;  // fills sources[tap][count]
};

// The rows are cut into chunks that depend on the problem alone; each chunk's sums are kept apart and added in order.
void multiplyTransposed(Context& context, const TransposedProduct& product);

}  // namespace counterpoint::COUNTERPOINT_ISA
