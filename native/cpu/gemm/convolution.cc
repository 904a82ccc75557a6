// Convolutions by indirect products, and the choice between them and Winograd's algorithm: see convolution.h.
// Indirect convolution after Dukhan, "The Indirect Convolution Algorithm", 2019.
#include "cpu/gemm/convolution.h"

#include <algorithm>

#include "cpu/gemm/indirect.h"
#include "cpu/gemm/packings.h"
#include "cpu/gemm/positions.h"
#include "cpu/gemm/weight-gradient.h"
#include "cpu/gemm/winograd.h"

namespace counterpoint::COUNTERPOINT_ISA {

namespace {

bool isPointwise(const Convolution& shape) {
  return shape.kernelHeight == 1 && shape.kernelWidth == 1 && shape.stride == 1 && shape.upsample == 1 &&
         shape.padTop == 0 && shape.padLeft == 0;
}

// The taps of one axis that reach the input positions step * j + parity: output position j + offset, by kernel element
// k, where stride (j + offset) - padding + k = stride j + parity.
Axis reachingTaps(int64_t kernel, int64_t stride, int64_t padding, int64_t parity) {
  Axis taps;
  for (int64_t k = 0; k < kernel; ++k) {
    const int64_t distance = parity + padding - k;
    if (distance % stride != 0) continue;
    taps.offset[taps.count] = static_cast<int>(distance / stride);
    taps.stored[taps.count++] = static_cast<int>(k);
  }
  return taps;
}

// dx by indirect products, one for every class of input positions modulo the stride. Within a class the gradient is a
// plain convolution of dy with those taps that reach it.
void inputGradient(Context& context, const Convolution& shape, const Matrix& dy, const Tensor& w, const Matrix& dx) {
  const int64_t s = shape.stride, classes = s * s, area = shape.inChannels * shape.outChannels;
  const auto positionsOf = [&](int64_t c) {
    Positions positions{shape.batch,
                        ceilDiv(shape.height - c / s, s),
                        ceilDiv(shape.width - c % s, s),
                        1,
                        {},
                        {},
                        dy,
                        shape.outHeight,
                        shape.outWidth,
                        1,
                        nullptr};
    positions.vertical = reachingTaps(shape.kernelHeight, s, shape.padTop, c / s);
    positions.horizontal = reachingTaps(shape.kernelWidth, s, shape.padLeft, c % s);
    return positions;
  };

  // Panels of all classes, one after the other: every tap belongs to exactly one of them.
  const int64_t panelFloats = shape.outChannels * ceilDiv(shape.inChannels, panelColumns) * panelColumns;
  const uint32_t packing =
      static_cast<uint32_t>(Packing::byParity) + static_cast<uint32_t>(256 * s + 16 * shape.padTop + shape.padLeft);
  const float* panels = context.packed(
      w, packing, static_cast<size_t>(shape.kernelHeight * shape.kernelWidth * panelFloats), [&](float* out) {
        for (int64_t c = 0; c < classes; ++c) {
          const Positions positions = positionsOf(c);
          int order[maxKernel * maxKernel];
          for (int64_t t = 0; t < positions.taps(); ++t) {
            order[t] = positions.vertical.stored[t / positions.horizontal.count] * static_cast<int>(shape.kernelWidth) +
                       positions.horizontal.stored[t % positions.horizontal.count];
          }
          packPanels(context, Blocking(positions.taps(), shape.outChannels), shape.inChannels,
                     {w.f32(), area, 1, shape.outChannels, order}, out);
          out += positions.taps() * panelFloats;
        }
      });

  const float* zeros = zeroRow(context, shape.outChannels);
  for (int64_t c = 0; c < classes; ++c) {
    Positions positions = positionsOf(c);
    positions.zeros = zeros;
    IndirectProduct product{
        positions.count(), shape.inChannels, Blocking(positions.taps(), shape.outChannels), panels, false, {}, {}};
    product.locate = [&](int64_t first, int64_t count, const RowPointers& pointers) {
      positions.locate(first, count, pointers.sources);
      for (int64_t i = 0; i < count; ++i) {
        const int64_t p = first + i, column = p % positions.width, line = p / positions.width % positions.height;
        const int64_t image = p / positions.width / positions.height;
        pointers.targets[i] = dx.row((image * shape.height + line * s + c / s) * shape.width + column * s + c % s);
      }
    };
    multiplyIndirect(context, product);
    panels += positions.taps() * panelFloats;
  }
}

// dx[b,j,i] = the sum of the 2 x 2 positions of the upsampled gradient that pixel (j, i) stood for.
void sumSquares(Context& context, const Convolution& shape, const float* upsampled, const Matrix& dx) {
  const int64_t channels = shape.inChannels, line = 2 * shape.width * channels;
  context.parallel(shape.batch * shape.height, [&](int64_t row, int) {
    for (int64_t i = 0; i < shape.width; ++i) {
      const float* from = upsampled + 2 * row * line + 2 * i * channels;
      float* to = dx.row(row * shape.width + i);
      for (int64_t c = 0; c < channels; c += lanes) {
        const int64_t part = std::min(lanes, channels - c);
        const Vec upper = add(loadPart(from + c, part), loadPart(from + channels + c, part));
        const Vec lower = add(loadPart(from + line + c, part), loadPart(from + line + channels + c, part));
        storePart(to + c, add(upper, lower), part);
      }
    }
  });
}

}  // namespace

Convolution convolutionOf(const Tensor& x, const Tensor& w, const Tensor& y, int64_t stride, int64_t upsample) {
  return {x.shape[0], x.shape[1], x.shape[2], w.shape[2],           y.shape[1],           y.shape[2], y.shape[3],
          w.shape[0], w.shape[1], stride,     (w.shape[0] - 1) / 2, (w.shape[1] - 1) / 2, upsample};
}

void convolution(Context& context, const Convolution& shape, const Sources& x, const Tensor& w, const Epilogue& epilogue,
                 const Matrix& y) {
  if (isPointwise(shape)) return linear(context, x, w, epilogue, y);
  if (prefersWinograd(shape)) return winogradConvolution(context, shape, x, w, epilogue, y);
  const float* zeros = zeroRow(context, shape.inChannels);
  const Positions positions = outputPositions(shape, x.x, zeros), more = outputPositions(shape, x.more, zeros);
  const int64_t taps = positions.taps();
  IndirectProduct product{positions.count(),         shape.outChannels, Blocking(taps, x.x.columns), nullptr, false,
                          epilogue,                  {},                Blocking(taps, x.more.columns)};
  useWeights(context, product, w, true);
  product.locate = [&](int64_t first, int64_t count, const RowPointers& pointers) {
    positions.locate(first, count, pointers.sources);
    if (x.more.data) more.locate(first, count, pointers.sources + taps * count);
    for (int64_t i = 0; i < count; ++i) {
      pointers.targets[i] = y.row(first + i);
      if (epilogue.residual) pointers.residuals[i] = epilogue.residualOf(first + i);
    }
  };
  multiplyIndirect(context, product);
}

void convolutionInputGradient(Context& context, const Convolution& shape, const Matrix& dy, const Tensor& w,
                              const Matrix& dx) {
  if (isPointwise(shape)) return linearInputGradient(context, dy, w, dx);
  if (prefersWinograd(shape)) return winogradInputGradient(context, shape, dy, w, dx);
  if (shape.upsample == 1) return inputGradient(context, shape, dy, w, dx);
  Convolution full = shape;
  full.height *= 2, full.width *= 2, full.upsample = 1;
  const int64_t positions = full.batch * full.height * full.width;
  float* upsampled = context.scratch(static_cast<size_t>(positions * shape.inChannels));
  inputGradient(context, full, dy, w, {upsampled, positions, shape.inChannels, shape.inChannels});
  sumSquares(context, shape, upsampled, dx);
}

void convolutionWeightGradient(Context& context, const Convolution& shape, const Matrix& x, const Matrix& dy,
                               float* dw) {
  if (prefersWinograd(shape)) return winogradWeightGradient(context, shape, x, dy, dw);
  const Positions positions = outputPositions(shape, x, zeroRow(context, shape.inChannels));
  TransposedProduct product{positions.taps(), shape.inChannels, dy, dw, {}};
  product.locate = [&](int64_t first, int64_t count, const float** sources) {
    positions.locate(first, count, sources);
  };
  multiplyTransposed(context, product);
}

}  // namespace counterpoint::COUNTERPOINT_ISA
