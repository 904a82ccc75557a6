// Grid positions to row pointers: see positions.h.
#include "cpu/gemm/positions.h"

#include <cstring>

namespace counterpoint::COUNTERPOINT_ISA {

void Positions::locate(int64_t first, int64_t count, const float** sources) const {
  int64_t i = first % width, j = first / width % height, b = first / width / height;
  const int64_t limitY = sourceHeight * shrink, limitX = sourceWidth * shrink;
  const int64_t shift = shrink == 2 ? 1 : 0;
  for (int64_t p = 0; p < count; ++p) {
    const float* image = source.row(b * sourceHeight * sourceWidth);
    const float** to = sources + p;
    for (int64_t ty = 0; ty < vertical.count; ++ty) {
      const int64_t y = j * step + vertical.offset[ty];
      const bool inside = y >= 0 && y < limitY;
      const float* line = image + (y >> shift) * sourceWidth * source.stride;
      for (int64_t tx = 0; tx < horizontal.count; ++tx, to += count) {
        const int64_t x = i * step + horizontal.offset[tx];
        *to = inside && x >= 0 && x < limitX ? line + (x >> shift) * source.stride : zeros;
      }
    }
    if (++i == width) {
      i = 0;
      if (++j == height) j = 0, ++b;
    }
  }
}

Positions outputPositions(const Convolution& shape, const Matrix& x, const float* zeros) {
  Positions positions{shape.batch, shape.outHeight, shape.outWidth, shape.stride,   {},   {},
                      x,           shape.height,    shape.width,    shape.upsample, zeros};
  const auto axis = [](int64_t kernel, int64_t padding) {
    Axis taps;
    taps.count = kernel;
    for (int t = 0; t < kernel; ++t) taps.offset[t] = t - static_cast<int>(padding), taps.stored[t] = t;
    return taps;
  };
  positions.vertical = axis(shape.kernelHeight, shape.padTop);
  positions.horizontal = axis(shape.kernelWidth, shape.padLeft);
  return positions;
}

const float* zeroRow(Context& context, int64_t channels) {
  float* zeros = context.scratch(static_cast<size_t>(channels));
  std::memset(zeros, 0, static_cast<size_t>(channels) * sizeof(float));
  return zeros;
}

}  // namespace counterpoint::COUNTERPOINT_ISA
