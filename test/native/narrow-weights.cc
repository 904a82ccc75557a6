// Products with weights in bf16 against f64 loops over what these hold: as near as in f32 where bf16 holds the activations
// too, and elsewhere as near as their rounding allows.
#include "cpu/gemm/convolution.h"
#include "kernel-check.h"

namespace counterpoint::COUNTERPOINT_ISA {

namespace {

// The nearest float that bf16 holds.
float rounded(float x) {
  uint32_t bits;
  std::memcpy(&bits, &x, sizeof bits);
  bits = (bits + 0x7fff + (bits >> 16 & 1)) & 0xffff0000;
  std::memcpy(&x, &bits, sizeof x);
  return x;
}

// Dense normal numbers in bf16, between pages that cannot be touched.
struct Brains {
  int64_t rows, columns;
  Guarded memory;

  Brains(int64_t rows, int64_t columns)
      : rows(rows), columns(columns), memory(static_cast<size_t>(2 * rows * columns), guardedAtEnd) {
    std::normal_distribution<float> normal;
    for (int64_t i = 0; i < rows * columns; ++i) {
      const float value = rounded(normal(random32));
      uint32_t bits;
      std::memcpy(&bits, &value, sizeof bits);
      const auto upper = static_cast<uint16_t>(bits >> 16);
      std::memcpy(memory.data() + 2 * i, &upper, 2);
    }
  }
  double at(int64_t r, int64_t c) const {
    uint16_t upper;
    std::memcpy(&upper, memory.data() + 2 * (r * columns + c), 2);
    const uint32_t bits = uint32_t{upper} << 16;
    float value;
    std::memcpy(&value, &bits, sizeof value);
    return value;
  }
  Tensor tensor(std::initializer_list<int64_t> shape, bool immutable) const {
    Tensor t;
    t.data = memory.data(), t.dtype = Dtype::bf16, t.immutable = immutable, t.rowStride = columns;
    for (int64_t size : shape) t.shape[t.rank++] = size;
    return t;
  }
};

void hold(Data& x) {
  for (int64_t r = 0; r < x.rows; ++r)
    for (int64_t c = 0; c < x.columns; ++c) x.at(r, c) = rounded(x.at(r, c));
}

constexpr double roundedBound = 4e-3;

// The error that y may have: each product in it is off by its share of `roundedBound`, whichever way, and its terms may cancel.
// `squares`: of all products in y, summed.
double boundOf(bool held, double squares, const std::vector<double>& y, double heldBound = 2e-6) {
  double size = 0;
  for (double value : y) size += value * value;
  return held || size == 0 ? heldBound : roundedBound * std::sqrt(squares / size);
}

void testLinear(int64_t m, int64_t k, int64_t n, bool held) {
  const std::string name = "linear in bf16 " + std::to_string(m) + "," + std::to_string(k) + "," + std::to_string(n);
  Data x(m, k), bias(1, n), residual(m, n);
  const Brains w(k, n);
  if (held) hold(x);
  std::vector<double> sums, y, gated;
  double squares = 0;
  for (int64_t i = 0; i < m; ++i) {
    for (int64_t j = 0; j < n; ++j) {
      double sum = 0;
      for (int64_t l = 0; l < k; ++l) {
        const double product = x.at(i, l) * w.at(l, j);
        sum += product, squares += product * product;
      }
      sums.push_back(sum);
      y.push_back(sum + bias.at(0, j) + residual.at(i, j));
    }
  }
  const Epilogue epilogue{bias.data(), residual.data(), residual.stride};
  const double bound = boundOf(held, squares, y);
  for (bool kept : {true, false}) {
    compare(name, m, n, 3, y, bound, [&](Context& c, Data& out) {
      linear(c, x.matrix(), w.tensor({k, n}, kept), epilogue, out.matrix());
    });
  }
  if (k > 1) {
    const int64_t split = k / 3 + 1;
    const Sources parts({x.data(), m, split, x.stride}, {x.data() + split, m, k - split, x.stride});
    compare(name + " of two sources", m, n, 3, y, bound,
            [&](Context& c, Data& out) { linear(c, parts, w.tensor({k, n}, true), epilogue, out.matrix()); });
  }
  if (n % 2 != 0) return;
  for (int64_t i = 0; i < m; ++i) {
    for (int64_t j = 0; j < n / 2; ++j) {
      const double gate = sums[static_cast<size_t>(i * n + n / 2 + j)];
      gated.push_back(sums[static_cast<size_t>(i * n + j)] * gate * 0.5 * std::erfc(-gate / std::sqrt(2.0)));
    }
  }
  const Epilogue behind{nullptr, nullptr, 0, Activation::geglu};
  compare(name + " geglu", m, n / 2, 3, gated, held ? 4e-6 : 2 * roundedBound, [&](Context& c, Data& out) {
    linear(c, x.matrix(), w.tensor({k, n}, true), behind, out.matrix());
  });
}

void testConvolution(const int64_t (&c)[7], bool held) {
  const auto [batch, height, width, inputs, outputs, kernel, stride] = c;
  std::string name = "convolution in bf16";
  for (int64_t number : c) name += " " + std::to_string(number);
  const int64_t outHeight = (height + stride - 1) / stride, outWidth = (width + stride - 1) / stride;
  Data x(batch * height * width, inputs), bias(1, outputs);
  const Brains w(kernel * kernel * inputs, outputs);
  if (held) hold(x);
  Convolution shape{batch, height, width, inputs, outHeight, outWidth, outputs, kernel, kernel, stride};
  shape.padTop = shape.padLeft = (kernel - 1) / 2;
  std::vector<double> y;
  double squares = 0;
  for (int64_t p = 0; p < shape.positions(); ++p) {
    const int64_t b = p / outWidth / outHeight, j = p / outWidth % outHeight, i = p % outWidth;
    for (int64_t o = 0; o < outputs; ++o) {
      double sum = bias.at(0, o);
      for (int64_t tap = 0; tap < kernel * kernel; ++tap) {
        const int64_t v = j * stride - shape.padTop + tap / kernel, u = i * stride - shape.padLeft + tap % kernel;
        if (v < 0 || u < 0 || v >= height || u >= width) continue;
        const int64_t from = (b * height + v) * width + u;
        for (int64_t l = 0; l < inputs; ++l) {
          const double product = x.at(from, l) * w.at(tap * inputs + l, o);
          sum += product, squares += product * product;
        }
      }
      y.push_back(sum);
    }
  }
  const Epilogue epilogue{bias.data()};
  for (bool strict : {false, true}) {
    shape.strict = strict;
    for (bool kept : {true, false}) {
      compare(name, shape.positions(), outputs, 3, y, boundOf(held, squares, y, 4e-6), [&](Context& context, Data& out) {
        const Tensor weight = w.tensor({kernel, kernel, inputs, outputs}, kept);
        convolution(context, shape, x.matrix(), weight, epilogue, out.matrix());
      });
    }
  }
}

}  // namespace

void testNarrowWeights() {
  const int64_t products[][3] = {{1, 1, 1},    {7, 5, 3},      {13, 33, 17},   {97, 131, 40}, {6, 801, 16},
                                 {200, 64, 96}, {600, 513, 520}, {5, 1153, 1024}, {0, 4, 4}};
  // batch, height, width, in, out, kernel, stride
  const int64_t convolutions[][7] = {{1, 1, 1, 1, 1, 3, 1},  {2, 5, 7, 3, 5, 3, 1},    {3, 8, 6, 21, 33, 3, 2},
                                     {2, 6, 5, 13, 20, 1, 2}, {2, 12, 9, 401, 24, 3, 2}, {2, 6, 6, 41, 30, 1, 1},
                                     {1, 9, 9, 8, 6, 7, 2},   {2, 9, 8, 70, 37, 3, 1},   {1, 8, 8, 301, 299, 3, 1}};
  for (bool held : {true, false}) {
    for (const auto& [m, k, n] : products) testLinear(m, k, n, held);
    for (const auto& shape : convolutions) testConvolution(shape, held);
  }
}

}  // namespace counterpoint::COUNTERPOINT_ISA
