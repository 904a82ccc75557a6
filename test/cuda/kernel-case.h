// What tests of kernels share: tensors between pages that cannot be touched, random values as storage has them, and the
// error against f64, for three orders of the emulator's threads.
#pragma once
#include <cmath>
#include <cstdio>
#include <cstring>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "../native/guarded.h"
#include "primitives/words.h"

namespace counterpoint::cuda {

inline int failures = 0;

inline void check(bool good, const std::string& what) {
  if (good) return;
  ++failures;
  std::printf("FAILED %s\n", what.c_str());
  std::fflush(stdout);
}

inline std::mt19937_64 randomBits(11);

inline double normal() {
  static std::normal_distribution<double> distribution;
  return distribution(randomBits);
}

// `count` elements, right before a page that cannot be touched; all NaN until they are written.
template <class T>
class Values {
 public:
  explicit Values(size_t count) : count(count), memory(std::make_shared<Guarded>(count * sizeof(T), true)) {
    clear();
  }
  Values(size_t count, const std::function<double(size_t)>& of) : Values(count) {
    for (size_t i = 0; i < count; ++i) data()[i] = round<T>(static_cast<float>(of(i)));
  }
  T* data() const { return reinterpret_cast<T*>(memory->data()); }
  T* orNull(bool present) const { return present ? data() : nullptr; }
  size_t size() const { return count; }
  void clear() { std::memset(memory->data(), 0xff, count * sizeof(T)); }
  double operator[](int64_t i) const { return toFloat(data()[i]); }

 private:
  size_t count;
  std::shared_ptr<Guarded> memory;
};

template <class T>
Values<T> normals(size_t count) {
  return {count, [](size_t) { return normal(); }};
}

// What the kernels may be off by, relative, for sums of `terms` products.
template <class T>
double allowed(int64_t terms);
template <>
inline double allowed<Half>(int64_t) {
  return 6e-4;
}
template <>
inline double allowed<Brain>(int64_t) {
  return 4e-3;
}
template <>
inline double allowed<float>(int64_t terms) {
  return 1e-6 * std::sqrt(std::max(1.0, static_cast<double>(terms) / 1024));
}

template <class T>
constexpr const char* nameOf = "f32";
template <>
inline constexpr const char* nameOf<Half> = "f16";
template <>
inline constexpr const char* nameOf<Brain> = "bf16";

// Runs `run(seed)`, which writes all of y, under three seeds, and compares with `expected`.
template <class T>
void compare(const std::string& what, Values<T>& y, const std::vector<double>& expected, double bound,
             const std::function<void(uint64_t seed)>& run) {
  for (uint64_t seed = 0; seed < 3; ++seed) {
    y.clear();
    const std::string title = what + ", " + nameOf<T> + ", seed " + std::to_string(seed);
    try {
      run(seed);
    } catch (const emulator::Error& error) {
      check(false, title + ": " + error.what());
      continue;
    }
    double error = 0, norm = 0;
    for (size_t i = 0; i < expected.size(); ++i) {
      error += std::pow(y[static_cast<int64_t>(i)] - expected[i], 2), norm += expected[i] * expected[i];
    }
    const double relative = std::sqrt(error / norm);
    check(relative <= bound, title + ": off by " + std::to_string(relative * 1e6) + "e-6, allowed " +
                                 std::to_string(bound * 1e6) + "e-6");
  }
}

template <class Problem>
void launchEach(const Problem& problem, void (*kernel)(Problem), int64_t blocks, int threads, uint64_t seed) {
  emulator::launch({{static_cast<unsigned>(blocks), 1, 1}, threads, 0}, seed, [&] { kernel(problem); });
}

inline int finish(const char* name) {
  if (failures) std::printf("%d failures\n", failures);
  else std::printf("%s: all good\n", name);
  return failures ? 1 : 0;
}

}  // namespace counterpoint::cuda
