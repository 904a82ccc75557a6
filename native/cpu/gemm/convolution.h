// Two-dimensional convolution and its gradients, NHWC, with stride, padding and nearest-neighbour upsampling of the
// input:
//
//   y[b,j,i,:] = sum over ky, kx of x[b, (j stride - padTop + ky) / upsample, (i stride - padLeft + kx) / upsample, :]
//   w[ky,kx]
//
// where positions outside the (upsampled) image count as zero. Weights are [KH, KW, I, O]. 3x3 kernels of stride 1 go
// by Winograd's algorithm where it pays (winograd.h), all others by indirect products; which of them is a function of
// the shape of one image, so the bits of an image do not depend on its batch.
#pragma once
#include "cpu/gemm/gemm.h"

namespace counterpoint::COUNTERPOINT_ISA {

struct Convolution {
  int64_t batch = 0, height = 0, width = 0, inChannels = 0;  // of x as stored, all sources, before upsampling
  int64_t outHeight = 0, outWidth = 0, outChannels = 0;
  int64_t kernelHeight = 0, kernelWidth = 0;  // at most maxKernel
  int64_t stride = 1, padTop = 0, padLeft = 0;
  int64_t upsample = 1;  // 1, or 2 for nearest-neighbour doubling of x
  bool strict = false;   // at most the direct sum's rounding error

  int64_t positions() const { return batch * outHeight * outWidth; }
};

constexpr int64_t maxKernel = 16;

// The geometry of x [N,H,W,I], or the first of two sources, w [KH,KW,I,O] and y [N,OH,OW,O] (or their gradients, of equal shapes), padded by (K - 1)
// / 2 above and to the left. Where the padding is another, set padTop and padLeft afterwards.
Convolution convolutionOf(const Tensor& x, const Tensor& w, const Tensor& y, int64_t stride, int64_t upsample);

// y[N*OH*OW, O] = x * w + bias + residual; x is [N*H*W, I]. `w` is packed through the context.
void convolution(Context& context, const Convolution& shape, const Sources& x, const Tensor& w, const Epilogue& epilogue,
                 const Matrix& y);

// dx[N*H*W, I] from dy[N*OH*OW, O].
void convolutionInputGradient(Context& context, const Convolution& shape, const Matrix& dy, const Tensor& w,
                              const Matrix& dx);

// dw[KH, KW, I, O], dense.
void convolutionWeightGradient(Context& context, const Convolution& shape, const Matrix& x, const Matrix& dy,
                               float* dw);

}  // namespace counterpoint::COUNTERPOINT_ISA
