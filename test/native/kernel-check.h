// What the native tests of kernels are made of: operands with margins between pages that cannot be touched, and runs on 1, 2
// and 3 threads beside a reference in f64.
#pragma once
#include <cmath>
#include <cstdio>
#include <cstring>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "cpu/gemm/gemm.h"
#include "guarded.h"
#include "machine/cpu-context.h"

namespace counterpoint::COUNTERPOINT_ISA {

inline int failures = 0;
inline std::mt19937 random32(7);

inline void check(bool good, const std::string& what) {
  if (good) return;
  ++failures;
  std::printf("FAILED %s\n", what.c_str());
}

// Where all data lie between their guards; every test runs both ways.
inline bool guardedAtEnd = true;

// rows x columns of normal numbers in a row stride that is `margin` longer; the margin, which the last row has none of,
// holds NaN.
struct Data {
  int64_t rows, columns, stride;
  size_t size;
  Guarded memory;

  Data(int64_t rows, int64_t columns, int64_t margin = 3)
      : rows(rows),
        columns(columns),
        stride(columns + margin),
        size(rows == 0 ? 0 : static_cast<size_t>((rows - 1) * stride + columns)),
        memory(size * sizeof(float), guardedAtEnd) {
    std::normal_distribution<float> normal;
    std::fill(data(), data() + size, std::nanf(""));
    for (int64_t r = 0; r < rows; ++r)
      for (int64_t c = 0; c < columns; ++c) at(r, c) = normal(random32);
  }
  float* data() const { return reinterpret_cast<float*>(memory.data()); }
  float& at(int64_t r, int64_t c) { return data()[r * stride + c]; }
  Matrix matrix() { return {data(), rows, columns, stride}; }
  Tensor tensor(bool immutable = false) {
    Tensor t;
    t.data = data(), t.rank = 2, t.immutable = immutable, t.shape[0] = rows, t.shape[1] = columns,
    t.rowStride = stride;
    return t;
  }
  bool marginIntact() const {
    for (int64_t r = 0; r + 1 < rows; ++r) {
      for (int64_t c = columns; c < stride; ++c)
        if (!std::isnan(data()[r * stride + c])) return false;
    }
    return true;
  }
};

// ||out - reference|| / ||reference||, NaN as infinity.
inline double distance(Data& out, const std::vector<double>& reference) {
  double error = 0, norm = 0;
  for (int64_t r = 0; r < out.rows; ++r) {
    for (int64_t c = 0; c < out.columns; ++c) {
      const double wanted = reference[static_cast<size_t>(r * out.columns + c)], d = out.at(r, c) - wanted;
      error += d * d, norm += wanted * wanted;
    }
  }
  return std::isnan(error) ? INFINITY : std::sqrt(error / std::max(norm, 1e-300));
}

// Runs `kernel` on 1, 2 and 3 threads into fresh outputs and compares with the reference.
inline void compare(const std::string& name, int64_t rows, int64_t columns, int64_t margin,
             const std::vector<double>& reference, double bound, const std::function<void(Context&, Data&)>& kernel) {
  std::vector<float> first;
  for (int threads = 1; threads <= 3; ++threads) {
    Pool pool(threads);
    Packings packings;
    CpuContext context(pool);
    context.use(packings);
    Data out(rows, columns, margin);
    kernel(context, out);
    const double error = distance(out, reference);
    check(error <= bound, name + ": error " + std::to_string(error * 1e6) + "e-6");
    check(out.marginIntact(), name + ": wrote beyond a row");
    if (threads == 1) first.assign(out.data(), out.data() + out.size);
    else
      check(first.empty() || std::memcmp(first.data(), out.data(), first.size() * sizeof(float)) == 0,
            name + ": bits depend on threads");
  }
}

// Of attention.cc and narrow-weights.cc.
void testAttention();
void testNarrowWeights();

}  // namespace counterpoint::COUNTERPOINT_ISA
