// Native kernels against plain f64 loops on odd shapes, compiled once per instruction set. Every case runs on 1, 2 and
// 3 threads, whose results must agree bit for bit; rows carry a margin that must neither be read (NaN) nor written
// (canary), and what lies before the first and behind the last row cannot be touched at all.
#include <stdexcept>

#include "cpu/gemm/convolution.h"
#include "cpu/simd.h"
#include "kernel-check.h"

using namespace counterpoint;
using namespace counterpoint::COUNTERPOINT_ISA;

namespace {

// ---- Elementary functions ------------------------------------------------------------------------------------------

// The largest error in units of the last place of the true value over [low, high].
double ulps(float low, float high, Vec (*function)(Vec), double (*truth)(double)) {
  double worst = 0;
  std::uniform_real_distribution<float> uniform(low, high);
  for (int i = 0; i < 200000; ++i) {
    float x[lanes], y[lanes];
    for (float& v : x) v = uniform(random32);
    store(y, function(load(x)));
    for (int j = 0; j < lanes; ++j) {
      const double t = truth(x[j]);
      const float nearest = std::max(std::fabs(static_cast<float>(t)), 1.17549435e-38f);
      const double error = std::fabs(y[j] - t) / (std::nextafter(nearest, INFINITY) - nearest);
      worst = std::isnan(error) ? INFINITY : std::max(worst, error);
    }
  }
  return worst;
}

template <Vec (*function)(Vec)>
Vec plain(Vec x) {
  return function(x);
}

void testFunctions() {
  const struct {
    const char* name;
    float low, high;
    Vec (*function)(Vec);
    double (*truth)(double);
    double fused, unfused;  // bounds in ulp with and without a fused multiply-add
  } cases[] = {
      {"exp", -87, 88.7f, plain<exp>, std::exp, 1.1, 2},
      {"exp", -1, 1, plain<exp>, std::exp, 1.1, 2},
      {"exp2", -126, 127, plain<exp2>, std::exp2, 2, 2.5},
      {"log", 1e-30f, 3, plain<log>, std::log, 2, 3},
      {"log", 0.5f, 1e30f, plain<log>, std::log, 2, 3},
      {"tanh", -9, 9, plain<tanh>, std::tanh, 3, 4},
      {"tanh", -0.7f, 0.7f, plain<tanh>, std::tanh, 3, 4},
      {"sigmoid", -80, 30, plain<sigmoid>, [](double x) { return 1 / (1 + std::exp(-x)); }, 3, 4},
      {"silu", -80, 30, plain<silu>, [](double x) { return x / (1 + std::exp(-x)); }, 3, 4},
      {"normalCdf", -5, 6, plain<normalCdf>, [](double x) { return 0.5 * std::erfc(-x / std::sqrt(2.0)); }, 4, 20},
      {"gelu", -5, 6, plain<gelu>, [](double x) { return 0.5 * x * std::erfc(-x / std::sqrt(2.0)); }, 4.5, 20},
  };
  for (const auto& c : cases) {
    const double worst = ulps(c.low, c.high, c.function, c.truth);
    std::printf("  %-10s [%g, %g]: %.2f ulp\n", c.name, c.low, c.high, worst);
    check(worst <= (fusedMultiplyAdd ? c.fused : c.unfused), c.name);
  }
  const float inf = INFINITY, nan = std::nanf("");
  const float x[lanes] = {0, -0.0f, inf, -inf, nan, -1, 1e-40f, 200};
  float e[lanes], p[lanes], l[lanes], t[lanes], s[lanes], g[lanes];
  store(e, exp(load(x))), store(p, exp2(load(x))), store(l, log(load(x))), store(t, tanh(load(x))), store(s, sigmoid(load(x))),
      store(g, gelu(load(x)));
  check(e[0] == 1 && e[2] == inf && e[3] == 0 && std::isnan(e[4]) && e[7] == inf, "exp at the edges");
  check(p[0] == 1 && p[1] == 1 && p[3] == 0 && std::isnan(p[4]) && p[5] == 0.5f, "exp2 at the edges");
  check(l[0] == -inf && l[1] == -inf && l[2] == inf && std::isnan(l[3]) && std::isnan(l[4]) && std::isnan(l[5]),
        "log at the edges");
  check(std::fabs(l[6] - std::log(1e-40f)) < 1e-4, "log of a denormal");
  check(t[2] == 1 && t[3] == -1 && std::isnan(t[4]) && std::signbit(t[1]), "tanh at the edges");
  check(s[2] == 1 && s[3] == 0 && std::isnan(s[4]) && s[0] == 0.5f, "sigmoid at the edges");
  check(g[2] == inf && std::isnan(g[4]) && g[7] == 200, "gelu at the edges");

  float in[lanes * lanes], back[lanes * lanes];
  for (int i = 0; i < lanes * lanes; ++i) in[i] = static_cast<float>(i);
  Vec square[lanes];
  for (int i = 0; i < lanes; ++i) square[i] = load(in + lanes * i);
  transpose(square);
  for (int i = 0; i < lanes; ++i) store(back + lanes * i, square[i]);
  for (int i = 0; i < lanes * lanes; ++i) check(back[i] == in[i % lanes * lanes + i / lanes], "transpose");
  for (int64_t count = 0; count <= lanes; ++count) {
    std::vector<float> exact(static_cast<size_t>(count), 2.0f), target(static_cast<size_t>(count) + 1, 5.0f);
    storePart(target.data(), loadPart(exact.data(), count), count);
    check(target.back() == 5 && (count == 0 || target[0] == 2), "partial load and store");
  }
}

// ---- Pool ----------------------------------------------------------------------------------------------------------

void testPool() {
  for (int threads : {1, 2, 5}) {
    Pool pool(threads);
    for (int round = 0; round < 300; ++round) {
      std::vector<int> seen(static_cast<size_t>(round % 50), 0);
      pool.parallel(static_cast<int64_t>(seen.size()), [&](int64_t i, int) { ++seen[static_cast<size_t>(i)]; });
      for (int times : seen) check(times == 1, "pool: an index was called not once");
    }
    bool thrown = false;
    try {
      pool.parallel(100, [&](int64_t i, int) {
        if (i == 42) throw std::runtime_error("forty-two");
      });
    } catch (const std::runtime_error& error) {
      thrown = std::string(error.what()) == "forty-two";
    }
    check(thrown, "pool: an exception was lost");
    std::atomic<int> calls{0};
    pool.parallel(10, [&](int64_t, int) { ++calls; });
    check(calls == 10, "pool: unusable after an exception");
  }
}

#ifdef __linux__
// Moves the calling thread to `cpu`; it may go where it likes from there.
void moveTo(int cpu, const cpu_set_t& allowed) {
  cpu_set_t only;
  CPU_ZERO(&only);
  CPU_SET(static_cast<size_t>(cpu), &only);
  sched_setaffinity(0, sizeof only, &only);
  sched_setaffinity(0, sizeof allowed, &allowed);
}

// The other threads of a pool may run anywhere but where its caller does, wherever that goes.
void testPoolSpreads() {
  cpu_set_t allowed;
  if (sched_getaffinity(0, sizeof allowed, &allowed) != 0 || CPU_COUNT(&allowed) < 2) return;
  Pool pool(2);
  for (int round = 0; round < 20; ++round) {
    for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
      if (!CPU_ISSET(static_cast<size_t>(cpu), &allowed)) continue;
      moveTo(cpu, allowed);
      std::atomic<int> arrived{0};
      cpu_set_t others;
      pool.parallel(2, [&](int64_t, int thread) {
        if (thread > 0) sched_getaffinity(0, sizeof others, &others);
        for (++arrived; arrived < 2;) std::this_thread::yield();
      });
      const bool apart = !CPU_ISSET(static_cast<size_t>(cpu), &others) && CPU_COUNT(&others) == CPU_COUNT(&allowed) - 1;
      check(apart || sched_getcpu() != cpu, "pool: a thread may run on its caller's CPU");
    }
  }
}
#endif

// ---- Products ------------------------------------------------------------------------------------------------------

// x w with an activation behind it, from the product's sums [m, n].
void testActivated(const std::string& name, Data& x, Data& w, int64_t m, int64_t n, const std::vector<double>& sums) {
  const auto gelu = [](double z) { return z * 0.5 * std::erfc(-z / std::sqrt(2.0)); };
  std::vector<double> y;
  for (const double z : sums) y.push_back(gelu(z));
  const Epilogue activated{nullptr, nullptr, 0, Activation::gelu}, gated{nullptr, nullptr, 0, Activation::geglu};
  compare(name + " gelu", m, n, 3, y, 2e-6,
          [&](Context& c, Data& out) { linear(c, x.matrix(), w.tensor(true), activated, out.matrix()); });
  if (n % 2 != 0) return;
  y.clear();
  for (size_t i = 0; i < sums.size(); ++i) {
    const size_t half = static_cast<size_t>(n) / 2;
    if (i % static_cast<size_t>(n) < half) y.push_back(sums[i] * gelu(sums[i + half]));
  }
  compare(name + " geglu", m, n / 2, 3, y, 2e-6,
          [&](Context& c, Data& out) { linear(c, x.matrix(), w.tensor(true), gated, out.matrix()); });
}

void testLinear() {
  const int64_t shapes[][3] = {{1, 1, 1},    {7, 5, 3},     {13, 33, 17},  {97, 130, 40},
                               {6, 800, 16}, {200, 64, 96}, {2000, 10, 5}, {5, 800, 1024}, {65537, 2, 32},
                               {0, 4, 4}};
  constexpr int64_t line = 16;  // a margin that leaves rows aligned where they are that wide
  for (const auto& [m, k, n] : shapes) {
    const std::string name = "linear " + std::to_string(m) + "," + std::to_string(k) + "," + std::to_string(n);
    Data x(m, k), w(k, n, 0), bias(1, n), residual(m, n), dy(m, n);
    for (bool full : {true, false}) {  // with bias and residual
      std::vector<double> y(static_cast<size_t>(m * n)), dx(static_cast<size_t>(m * k)), dw(static_cast<size_t>(k * n));
      for (int64_t i = 0; i < m; ++i) {
        for (int64_t j = 0; j < n; ++j) {
          double sum = 0;
          for (int64_t l = 0; l < k; ++l) {
            sum += static_cast<double>(x.at(i, l)) * w.at(l, j);
            dx[static_cast<size_t>(i * k + l)] += static_cast<double>(dy.at(i, j)) * w.at(l, j);
            dw[static_cast<size_t>(l * n + j)] += static_cast<double>(dy.at(i, j)) * x.at(i, l);
          }
          if (full) sum += static_cast<double>(bias.at(0, j)) + residual.at(i, j);
          y[static_cast<size_t>(i * n + j)] = sum;
        }
      }
      Epilogue epilogue{full ? bias.data() : nullptr, full ? residual.data() : nullptr, residual.stride};
      compare(name, m, n, line, y, 2e-6,
              [&](Context& c, Data& out) { linear(c, x.matrix(), w.tensor(true), epilogue, out.matrix()); });
      if (!full) {
        testActivated(name, x, w, m, n, y);
        continue;
      }
      compare(name + " dx", m, k, 3, dx, 2e-6,
              [&](Context& c, Data& out) { linearInputGradient(c, dy.matrix(), w.tensor(), out.matrix()); });
      compare(name + " dw", k, n, 0, dw, 2e-6,
              [&](Context& c, Data& out) { linearWeightGradient(c, x.matrix(), dy.matrix(), out.data()); });
    }
  }
}

void testBatched() {
  const int64_t shapes[][4] = {{1, 5, 7, 3}, {3, 33, 20, 17}, {2, 70, 500, 9}, {8, 16, 16, 16}};
  for (const auto& [count, m, k, n] : shapes) {
    for (int transposed = 0; transposed < 4; ++transposed) {
      const bool ta = transposed & 1, tb = transposed & 2;
      const int64_t am = ta ? k : m, ak = ta ? m : k, bk = tb ? n : k, bn = tb ? k : n;
      Data a(count * am, ak), b(count * bk, bn);
      std::vector<double> y(static_cast<size_t>(count * m * n));
      for (int64_t c = 0; c < count; ++c) {
        for (int64_t i = 0; i < m; ++i) {
          for (int64_t j = 0; j < n; ++j) {
            double sum = 0;
            for (int64_t l = 0; l < k; ++l) {
              sum += static_cast<double>(ta ? a.at(c * am + l, i) : a.at(c * am + i, l)) *
                     (tb ? b.at(c * bk + j, l) : b.at(c * bk + l, j));
            }
            y[static_cast<size_t>((c * m + i) * n + j)] = 0.5 * sum;
          }
        }
      }
      compare("batched product", count * m, n, 2, y, 2e-6, [&](Context& c, Data& out) {
        batchedProduct(c, count, {{a.data(), am, ak, a.stride}, am * a.stride, ta},
                       {{b.data(), bk, bn, b.stride}, bk * b.stride, tb}, 0.5f,
                       {{out.data(), m, n, out.stride}, m * out.stride});
      });
    }
  }
}

// ---- Convolutions --------------------------------------------------------------------------------------------------

struct ConvolutionReference {
  std::vector<double> y, dx, dw;

  ConvolutionReference(const Convolution& s, Data& x, Data& w, Data& dy)
      : y(static_cast<size_t>(s.positions() * s.outChannels)),
        dx(static_cast<size_t>(x.rows * x.columns)),
        dw(static_cast<size_t>(w.rows * w.columns)) {
    for (int64_t p = 0; p < s.positions(); ++p) {
      const int64_t b = p / s.outWidth / s.outHeight, j = p / s.outWidth % s.outHeight, i = p % s.outWidth;
      for (int64_t ky = 0; ky < s.kernelHeight; ++ky) {
        for (int64_t kx = 0; kx < s.kernelWidth; ++kx) {
          const int64_t v = j * s.stride - s.padTop + ky, u = i * s.stride - s.padLeft + kx;
          if (v < 0 || u < 0 || v >= s.height * s.upsample || u >= s.width * s.upsample) continue;
          const int64_t from = (b * s.height + v / s.upsample) * s.width + u / s.upsample;
          for (int64_t c = 0; c < s.inChannels; ++c) {
            const int64_t row = (ky * s.kernelWidth + kx) * s.inChannels + c;
            for (int64_t o = 0; o < s.outChannels; ++o) {
              y[static_cast<size_t>(p * s.outChannels + o)] += static_cast<double>(x.at(from, c)) * w.at(row, o);
              dx[static_cast<size_t>(from * s.inChannels + c)] += static_cast<double>(dy.at(p, o)) * w.at(row, o);
              dw[static_cast<size_t>(row * s.outChannels + o)] += static_cast<double>(dy.at(p, o)) * x.at(from, c);
            }
          }
        }
      }
    }
  }
};

Tensor tensor4(Data& data, int64_t a, int64_t b, int64_t c, int64_t d, bool immutable = false) {
  Tensor t = data.tensor(immutable);
  t.rank = 4, t.shape[0] = a, t.shape[1] = b, t.shape[2] = c, t.shape[3] = d;
  return t;
}

void testConvolutions() {
  // batch, height, width, in, out, kernel, stride, upsample
  const int64_t cases[][8] = {
      {1, 1, 1, 1, 1, 3, 1, 1},    {2, 5, 7, 3, 5, 3, 1, 1},     {2, 6, 4, 10, 16, 3, 1, 1},
      {3, 8, 6, 20, 33, 3, 2, 1},  {2, 7, 5, 9, 4, 3, 2, 1},     {2, 4, 5, 17, 8, 3, 1, 2},
      {1, 9, 9, 400, 20, 3, 1, 1}, {2, 6, 6, 40, 30, 1, 1, 1},   {2, 6, 5, 12, 20, 1, 2, 1},
      {1, 11, 12, 6, 7, 5, 1, 1},  {2, 12, 9, 8, 24, 7, 2, 1},   {2, 9, 10, 64, 48, 3, 1, 1},
      {2, 8, 8, 32, 40, 3, 1, 1},  {1, 17, 13, 50, 32, 3, 1, 1}, {2, 7, 6, 64, 64, 3, 1, 2},
      {4, 12, 8, 96, 33, 3, 1, 1}, {1, 40, 44, 400, 8, 3, 1, 1}, {2, 9, 8, 3, 20, 3, 1, 1},
      {2, 8, 8, 40, 3, 3, 1, 1},   {1, 4, 5, 30, 18, 3, 1, 2},   {2, 9, 8, 301, 299, 3, 1, 1},
      {1, 5, 4, 283, 323, 3, 1, 2}, {1, 514, 256, 2, 16, 3, 1, 1}, {2, 14, 13, 20, 33, 3, 1, 2},
      {1, 13, 16, 212, 205, 3, 1, 2},
  };
  for (const auto& c : cases) {
    std::string name = "convolution";
    for (int64_t number : c) name += " " + std::to_string(number);
    const int64_t outHeight = (c[1] * c[7] + c[6] - 1) / c[6], outWidth = (c[2] * c[7] + c[6] - 1) / c[6],
                  taps = c[5] * c[5];
    Data x(c[0] * c[1] * c[2], c[3]), w(taps * c[3], c[4], 0), dy(c[0] * outHeight * outWidth, c[4]), bias(1, c[4]),
        residual(dy.rows, c[4]);
    const Tensor weight = tensor4(w, c[5], c[5], c[3], c[4]), kept = tensor4(w, c[5], c[5], c[3], c[4], true);
    const Convolution shape = convolutionOf(tensor4(x, c[0], c[1], c[2], c[3]), weight,
                                            tensor4(dy, c[0], outHeight, outWidth, c[4]), c[6], c[7]);
    ConvolutionReference reference(shape, x, w, dy);
    constexpr int64_t line = 16;  // a margin that leaves rows aligned where they are that wide
    compare(name, dy.rows, c[4], line, reference.y, 4e-6,
            [&](Context& context, Data& out) { convolution(context, shape, x.matrix(), weight, {}, out.matrix()); });
    compare(name + " dx", x.rows, c[3], 3, reference.dx, 4e-6, [&](Context& context, Data& out) {
      convolutionInputGradient(context, shape, dy.matrix(), weight, out.matrix());
    });
    compare(name + " dw", w.rows, c[4], 0, reference.dw, 4e-6, [&](Context& context, Data& out) {
      convolutionWeightGradient(context, shape, x.matrix(), dy.matrix(), out.data());
    });

    Convolution strict = shape;
    strict.strict = true;
    compare(name + " strict", dy.rows, c[4], line, reference.y, 1e-6,
            [&](Context& context, Data& out) { convolution(context, strict, x.matrix(), weight, {}, out.matrix()); });

    for (int64_t p = 0; p < dy.rows; ++p) {
      for (int64_t o = 0; o < c[4]; ++o) {
        double& y = reference.y[static_cast<size_t>(p * c[4] + o)];
        y += bias.at(0, o) + residual.at(p, o);
      }
    }
    const Epilogue epilogue{bias.data(), residual.data(), residual.stride};
    compare(name + " epilogue", dy.rows, c[4], line, reference.y, 4e-6, [&](Context& context, Data& out) {
      convolution(context, shape, x.matrix(), kept, epilogue, out.matrix());
    });

    for (const int64_t split : {int64_t{1}, c[3] / 2, c[3] / 16 * 16}) {
      if (split < 1 || split >= c[3]) continue;
      Data first(x.rows, split), second(x.rows, c[3] - split);
      for (int64_t r = 0; r < x.rows; ++r) {
        std::copy_n(&x.at(r, 0), split, &first.at(r, 0));
        std::copy_n(&x.at(r, split), c[3] - split, &second.at(r, 0));
      }
      const Sources both(first.matrix(), second.matrix());
      const std::string sources = name + " of two sources, the first of " + std::to_string(split);
      compare(sources, dy.rows, c[4], line, reference.y, 4e-6, [&](Context& context, Data& out) {
        convolution(context, shape, both, kept, epilogue, out.matrix());
      });
      compare(sources + " strict", dy.rows, c[4], line, reference.y, 1e-6, [&](Context& context, Data& out) {
        convolution(context, strict, both, weight, epilogue, out.matrix());
      });
    }

    // The last image alone must come out as it did among the others.
    Pool pool(2);
    Packings packings;
    CpuContext context(pool);
    context.use(packings);
    Convolution one = shape;
    one.batch = 1;
    const int64_t pixels = c[1] * c[2], positions = outHeight * outWidth, before = c[0] - 1;
    Data all(dy.rows, c[4]), last(positions, c[4]), dxAll(x.rows, c[3]), dxLast(pixels, c[3]);
    convolution(context, shape, x.matrix(), kept, epilogue, all.matrix());
    Epilogue lastEpilogue = epilogue;
    lastEpilogue.residual += before * positions * residual.stride;
    const Matrix lastX{x.data() + before * pixels * x.stride, pixels, c[3], x.stride};
    convolution(context, one, lastX, kept,
                lastEpilogue, last.matrix());
    convolutionInputGradient(context, shape, dy.matrix(), kept, dxAll.matrix());
    convolutionInputGradient(context, one,
                             {dy.data() + before * positions * dy.stride, positions, c[4], dy.stride}, kept,
                             dxLast.matrix());
    check(std::memcmp(&all.at(before * positions, 0), last.data(), last.size * sizeof(float)) == 0,
          name + ": bits depend on the batch");
    check(std::memcmp(&dxAll.at(before * pixels, 0), dxLast.data(), dxLast.size * sizeof(float)) == 0,
          name + " dx: bits depend on the batch");
  }
}

}  // namespace

int main() {
  testFunctions();
  testPool();
#ifdef __linux__
  testPoolSpreads();
#endif
  for (bool atEnd : {true, false}) {
    guardedAtEnd = atEnd;
    testLinear();
    testBatched();
    testConvolutions();
    testAttention();
    testNarrowWeights();
  }
  std::printf(failures ? "%d failures\n" : "kernels: all good\n", failures);
  return failures ? 1 : 0;
}
