// y = a · bᵀ.
#include "cpu/gemm/gemm.h"
#include "generated/ops.h"

namespace counterpoint::COUNTERPOINT_ISA {

// A linear layer's input gradient is dy · weightᵀ: the same product under other names.
void matmulTransposed(const MatmulTransposed& op, Context& context) {
  linearInputGradient(context, matrixOf(op.a), op.b, matrixOf(op.y));
}

}  // namespace counterpoint::COUNTERPOINT_ISA
