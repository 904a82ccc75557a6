// 3x3 convolutions of stride 1 by Winograd's algorithm, F(4x4, 3x3): tiles of 4 x 4 outputs take 36 multiplications
// where the direct sum takes 144. Every tile of 6 x 6 inputs is transformed, each of the 36 frequencies is a matrix
// product over the channels, and the results are transformed back. Relative error is about four times the direct sum's.
// Strict convolutions go by F(2x2, 3x3), 16 multiplications for 36, with less than the direct sum's error.
#pragma once
#include "cpu/gemm/convolution.h"

namespace counterpoint::COUNTERPOINT_ISA {

// Whether it is to be used: a function of the shape of one image.
bool prefersWinograd(const Convolution& shape);

// As `convolution`, `convolutionInputGradient` and `convolutionWeightGradient`, for shapes that prefer it.
void winogradConvolution(Context& context, const Convolution& shape, const Sources& x, const Tensor& w,
                         const Epilogue& epilogue, const Matrix& y);
void winogradInputGradient(Context& context, const Convolution& shape, const Matrix& dy, const Tensor& w,
                           const Matrix& dx);
void winogradWeightGradient(Context& context, const Convolution& shape, const Matrix& x, const Matrix& dy, float* dw);

}  // namespace counterpoint::COUNTERPOINT_ISA
