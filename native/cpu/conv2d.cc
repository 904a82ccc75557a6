// Convolution over images, x enlarged first, with bias and residual, and its gradients: see gemm/convolution.h.
#include "cpu/gemm/convolution.h"
#include "cpu/moments.h"
#include "generated/ops.h"

namespace counterpoint::COUNTERPOINT_ISA {

namespace {
// `Op` is any of the three below; `residualRows` rows share one of the residual.
template <class Op>
void convolve(const Op& op, const Tensor& residual, int64_t residualRows, bool strict, Context& context) {
  Epilogue epilogue;
  epilogue.bias = op.bias.f32();
  epilogue.residual = residual.f32();
  epilogue.residualStride = residual.rowStride;
  epilogue.residualRows = residualRows;
  Convolution shape = convolutionOf(op.x, op.weight, op.y, op.stride, op.upsample);
  shape.strict = strict;
  const Sources x(matrixOf(op.x), op.more ? matrixOf(op.more) : Matrix());
  convolution(context, shape, x, op.weight, epilogue, matrixOf(op.y));
}
}  // namespace

void conv2d(const Conv2d& op, Context& context) {
  convolve(op, op.residual, 1, op.accuracy == Conv2dAccuracy::strict, context);
}

void conv2dShifted(const Conv2dShifted& op, Context& context) {
  convolve(op, op.shift, op.y.shape[1] * op.y.shape[2], op.accuracy == Conv2dShiftedAccuracy::strict, context);
}

void conv2dWithMoments(const Conv2dWithMoments& op, Context& context) {
  convolve(op, op.residual, 1, op.accuracy == Conv2dWithMomentsAccuracy::strict, context);
  momentsOf(context, op.y.f32(), op.y.rows(), op.y.columns(), op.block, op.moments.f32());
}

void conv2dInputGradient(const Conv2dInputGradient& op, Context& context) {
  const Convolution shape = convolutionOf(op.dx, op.weight, op.dy, op.stride, op.upsample);
  convolutionInputGradient(context, shape, matrixOf(op.dy), op.weight, matrixOf(op.dx));
}

void conv2dWeightGradient(const Conv2dWeightGradient& op, Context& context) {
  const Convolution shape = convolutionOf(op.x, op.dweight, op.dy, op.stride, op.upsample);
  convolutionWeightGradient(context, shape, matrixOf(op.x), matrixOf(op.dy), op.dweight.f32());
}

}  // namespace counterpoint::COUNTERPOINT_ISA
