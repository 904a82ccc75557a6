// Convolutions, linear layers and products of matrices, for the ops that are made of them: see gemm/product.h.
#pragma once
#include "launcher.h"

namespace counterpoint::cuda {

struct Convolution {
  Tensor x, weight, bias, residual, y;
  int64_t images, height, width, channels, columns;  // of x, `more` included; columns: channels of y
  int64_t kernel = 1, stride = 1, upsample = 1;
  // From one element of the weight to the next in each dimension.
  int64_t columnStride, tapStride, channelStride;
  // Of y, for every `block` rows of an image, or null.
  float* moments = nullptr;
  int64_t block = 0;
  // Its channels follow those of x, where it is given.
  Tensor more{};
};

void convolve(const Convolution& c, Launcher& launcher);

}  // namespace counterpoint::cuda
