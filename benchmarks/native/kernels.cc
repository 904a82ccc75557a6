// How fast the heavy kernels are at the shapes of a training step (batch 16): GF/s in direct operations (2 M N K,
// whatever the algorithm spends) and the share of the machine's FMA peak, the best of 25 runs each, measured in turn
// because other work may share the cores. Weights lie in mutable memory, as in training, so every call packs them anew.
//
//   benchmark-kernels-avx2 [threads] [only names containing this]
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "cpu/gemm/convolution.h"
#include "cpu/gemm/gemm.h"
#include "machine/cpu-context.h"

using namespace counterpoint;
using namespace counterpoint::COUNTERPOINT_ISA;

namespace {

double secondsOf(const std::function<void()>& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

constexpr int64_t peakSteps = 500000;

// Twelve independent chains of fused multiply-adds in registers; out of line, or g++ keeps them in memory.
COUNTERPOINT_NOINLINE float multiplyAddLoop(float start) {
  Vec sums[12];
  COUNTERPOINT_UNROLL
  for (int i = 0; i < 12; ++i) sums[i] = broadcast(start + static_cast<float>(i));
  const Vec a = broadcast(0.999f), b = broadcast(1e-4f);
  for (int64_t i = 0; i < peakSteps; ++i) {
    COUNTERPOINT_UNROLL
    for (int j = 0; j < 12; ++j) accumulate(sums[j], a, b);
  }
  Vec total = zero();
  COUNTERPOINT_UNROLL
  for (int i = 0; i < 12; ++i) total = add(total, sums[i]);
  return sumOfLanes(total);
}

// Operations a second of that loop on every thread at once.
double peak(Pool& pool) {
  std::vector<float> sink(static_cast<size_t>(pool.threads()));
  const double seconds = secondsOf([&] {
    pool.parallel(pool.threads(), [&](int64_t index, int) {
      sink[static_cast<size_t>(index)] = multiplyAddLoop(static_cast<float>(index));
    });
  });
  return 2.0 * lanes * 12 * peakSteps * pool.threads() / seconds;
}

constexpr int rounds = 25;

struct Bench {
  Pool& pool;
  CpuContext& context;
  std::string filter;

  void run(const std::string& name, double operations, const std::function<void()>& kernel) {
    if (name.find(filter) == std::string::npos) return;
    double limit = 0, seconds = 1e9;
    for (int i = 0; i < rounds; ++i) {
      limit = std::max(limit, peak(pool));
      seconds = std::min(seconds, secondsOf([&] { kernel(), context.release(); }));
    }
    std::printf("%-44s %8.3f ms %8.1f GF/s %6.0f %% of peak\n", name.c_str(), seconds * 1e3,
                operations / seconds * 1e-9, 100 * operations / seconds / limit);
    std::fflush(stdout);
  }
};

struct Values : std::vector<float> {
  explicit Values(int64_t count) : std::vector<float>(static_cast<size_t>(count)) {
    static std::mt19937 random32(3);
    std::normal_distribution<float> normal;
    for (float& v : *this) v = normal(random32);
  }
};

void benchLinear(Bench& bench, int64_t m, int64_t k, int64_t n) {
  Values x(m * k), w(k * n), y(m * n), dw(k * n), bias(n);
  Tensor weight;
  weight.data = w.data(), weight.rank = 2, weight.shape[0] = k, weight.shape[1] = n, weight.rowStride = n;
  const Matrix xs{x.data(), m, k, k}, ys{y.data(), m, n, n};
  Epilogue epilogue;
  epilogue.bias = bias.data();
  const std::string name = "linear " + std::to_string(m) + " x " + std::to_string(k) + " -> " + std::to_string(n);
  const double operations = 2.0 * static_cast<double>(m * k * n);
  bench.run(name, operations, [&] { linear(bench.context, xs, weight, epilogue, ys); });
  bench.run(name + " dx", operations, [&] { linearInputGradient(bench.context, ys, weight, xs); });
  bench.run(name + " dw", operations, [&] { linearWeightGradient(bench.context, xs, ys, dw.data()); });
}

void benchConvolution(Bench& bench, int64_t batch, int64_t size, int64_t in, int64_t out, int64_t kernel,
                      int64_t stride, int64_t upsample) {
  const int64_t outSize = size * upsample / stride, taps = kernel * kernel;
  const Convolution shape{batch,   size,   size,   in,     outSize,          outSize,
                          out,     kernel, kernel, stride, (kernel - 1) / 2, (kernel - 1) / 2,
                          upsample};
  Values x(batch * size * size * in), y(shape.positions() * out), w(taps * in * out), dw(taps * in * out), bias(out);
  Tensor weight;
  weight.data = w.data(), weight.rank = 4, weight.rowStride = out;
  weight.shape[0] = kernel, weight.shape[1] = kernel, weight.shape[2] = in, weight.shape[3] = out;
  const Matrix xs{x.data(), batch * size * size, in, in}, ys{y.data(), shape.positions(), out, out};
  Epilogue epilogue;
  epilogue.bias = bias.data();
  const std::string name = "convolution " + std::to_string(kernel) + "x" + std::to_string(kernel) + " " +
                           std::to_string(batch) + " x " + std::to_string(size) + "^2 x " + std::to_string(in) +
                           " -> " + std::to_string(out) +
                           (stride > 1     ? " /2"
                            : upsample > 1 ? " up"
                                           : "");
  const double operations = 2.0 * static_cast<double>(shape.positions() * taps * in * out);
  bench.run(name, operations, [&] { convolution(bench.context, shape, xs, weight, epilogue, ys); });
  bench.run(name + " dx", operations, [&] { convolutionInputGradient(bench.context, shape, ys, weight, xs); });
  bench.run(name + " dw", operations, [&] { convolutionWeightGradient(bench.context, shape, xs, ys, dw.data()); });
}

}  // namespace

int main(int count, char** arguments) {
  Pool pool(count > 1 ? std::atoi(arguments[1]) : availableThreads());
  Packings packings;
  CpuContext context(pool);
  context.use(packings);
  Bench bench{pool, context, count > 2 ? arguments[2] : ""};
  std::printf("%d threads, peak %.0f GF/s\n", pool.threads(), peak(pool) * 1e-9);
  benchConvolution(bench, 16, 32, 64, 64, 3, 1, 1);
  benchConvolution(bench, 16, 16, 128, 128, 3, 1, 1);
  benchConvolution(bench, 16, 8, 192, 192, 3, 1, 1);
  benchConvolution(bench, 16, 4, 256, 256, 3, 1, 1);
  benchConvolution(bench, 16, 32, 128, 64, 3, 1, 1);
  benchConvolution(bench, 16, 16, 256, 128, 3, 1, 1);
  benchConvolution(bench, 16, 8, 384, 192, 3, 1, 1);
  benchConvolution(bench, 16, 4, 512, 256, 3, 1, 1);
  benchConvolution(bench, 16, 64, 10, 16, 3, 1, 1);
  benchConvolution(bench, 16, 32, 64, 64, 3, 2, 1);
  benchConvolution(bench, 16, 16, 128, 128, 3, 2, 1);
  benchConvolution(bench, 16, 8, 128, 128, 3, 1, 2);
  benchConvolution(bench, 16, 32, 64, 4, 3, 1, 1);
  benchLinear(bench, 16 * 256, 128, 128);
  benchLinear(bench, 16 * 1024, 64, 64);
  benchLinear(bench, 16 * 64, 192, 768);
  benchLinear(bench, 16, 256, 256);
}
