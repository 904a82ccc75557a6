// y = x · weight + bias + residual over the last axis, or with an activation behind it, and its gradients: see gemm/gemm.h.
#include "cpu/gemm/gemm.h"
#include "generated/ops.h"

namespace counterpoint::COUNTERPOINT_ISA {

void linear(const Linear& op, Context& context) {
  Epilogue epilogue;
  epilogue.bias = op.bias.f32();
  epilogue.residual = op.residual.f32();
  epilogue.residualStride = op.residual.rowStride;
  linear(context, matrixOf(op.x), op.weight, epilogue, matrixOf(op.y));
}

void linearActivated(const LinearActivated& op, Context& context) {
  Epilogue epilogue;
  epilogue.bias = op.bias.f32();
  switch (op.activation) {
    case LinearActivatedActivation::silu: epilogue.activation = Activation::silu; break;
    case LinearActivatedActivation::gelu: epilogue.activation = Activation::gelu; break;
    case LinearActivatedActivation::quickGelu: epilogue.activation = Activation::quickGelu; break;
  }
  linear(context, matrixOf(op.x), op.weight, epilogue, matrixOf(op.y));
}

void linearGated(const LinearGated& op, Context& context) {
  Epilogue epilogue;
  epilogue.bias = op.bias.f32();
  epilogue.activation = Activation::geglu;
  linear(context, matrixOf(op.x), op.weight, epilogue, matrixOf(op.y));
}

void linearInputGradient(const LinearInputGradient& op, Context& context) {
  linearInputGradient(context, matrixOf(op.dy), op.weight, matrixOf(op.dx));
}

void linearWeightGradient(const LinearWeightGradient& op, Context& context) {
  linearWeightGradient(context, matrixOf(op.x), matrixOf(op.dy), op.dweight.f32());
}

}  // namespace counterpoint::COUNTERPOINT_ISA
