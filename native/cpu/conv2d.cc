// Convolution over images, x enlarged first, with bias and residual, and its gradients: see gemm/convolution.h.
#include "cpu/gemm/convolution.h"
#include "cpu/moments.h"
#include "generated/ops.h"

namespace counterpoint::COUNTERPOINT_ISA {

namespace {
// `Op` is Conv2d or Conv2dWithMoments.
template <class Op>
void convolve(const Op& op, bool strict, Context& context) {
  Epilogue epilogue;
  epilogue.bias = op.bias.f32();
  epilogue.residual = op.residual.f32();
  epilogue.residualStride = op.residual.rowStride;
  Convolution shape = convolutionOf(op.x, op.weight, op.y, op.stride, op.upsample);
  shape.strict = strict;
  convolution(context, shape, matrixOf(op.x), op.weight, epilogue, matrixOf(op.y));
}
}  // namespace

void conv2d(const Conv2d& op, Context& context) { convolve(op, op.accuracy == Conv2dAccuracy::strict, context); }

void conv2dWithMoments(const Conv2dWithMoments& op, Context& context) {
  convolve(op, op.accuracy == Conv2dWithMomentsAccuracy::strict, context);
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
