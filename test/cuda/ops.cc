// The frame that ops of cuda/ stand in: elementwise ops of every storage type beside loops in f64, at sizes on and off the
// width of a block and at addresses on and off a multiple of 16, for three schedules; and launches that are refused.
// Every op's own cases run through the whole library, from test/ops.
#include <cmath>
#include <cstdio>
#include <functional>
#include <random>
#include <string>

#include "device-tensors.h"

using namespace counterpoint;
using namespace counterpoint::cuda;

namespace {

int failures = 0;
std::mt19937 random32(5);

void check(bool good, const std::string& what) {
  if (good) return;
  ++failures;
  std::printf("FAILED %s\n", what.c_str());
}

struct Storage {
  Dtype dtype;
  const char* name;
  double tolerance;
};
constexpr Storage storages[] = {{Dtype::f32, "f32", 1e-6}, {Dtype::f16, "f16", 6e-4}, {Dtype::bf16, "bf16", 4e-3}};

using Compute = std::function<void(const Tensor& a, const Tensor& b, const Tensor& y, Launcher& launcher)>;

void testMap(const std::string& op, const Compute& compute, const std::function<double(double, double)>& reference) {
  for (int seed = 0; seed < 3; ++seed) {
    for (const auto& [dtype, name, tolerance] : storages) {
      for (int64_t size : {1, 7, 256, 2049, 5000}) {
        for (int64_t skipped : {0, 1}) {
          TestLauncher launcher(seed);
          const auto values = [&] {
            std::vector<float> drawn(static_cast<size_t>(size + skipped));
            for (float& x : drawn) x = std::normal_distribution<float>(0, 3)(random32);
            return drawn;
          };
          Tensor a = launcher.tensor(dtype, {size + skipped}, values()), b = launcher.tensor(dtype, {size + skipped}, values());
          const Tensor whole = launcher.tensor(dtype, {size + skipped});
          Tensor y = whole;
          const std::vector<float> left = elements(launcher, a), right = elements(launcher, b);
          for (Tensor* tensor : {&a, &b, &y}) {
            tensor->data = static_cast<uint8_t*>(tensor->data) + skipped * (dtype == Dtype::f32 ? 4 : 2);
            tensor->shape[0] = tensor->rowStride = size;
          }
          compute(a, b, y, launcher);
          const std::vector<float> got = elements(launcher, whole);
          double error = 0, norm = 0;
          for (size_t i = static_cast<size_t>(skipped); i < got.size(); ++i) {
            const double expected = reference(left[i], right[i]);
            error += std::pow(got[i] - expected, 2), norm += expected * expected;
          }
          const std::string what = op + " " + name + ", " + std::to_string(size) + " elements from " + std::to_string(skipped);
          check(std::sqrt(error / norm) <= tolerance, what);
          check(skipped == 0 || std::isnan(got[0]), what + ": wrote before its result");
        }
      }
    }
  }
}

KERNEL(32)
void storeOne(float* out) { out[blockIndex().x] = sharedMemory<float>()[0] = 1; }

void testLaunches() {
  TestLauncher launcher(0);
  float* out = launcher.scratch<float>(1);
  const auto refused = [&](const std::string& what, const std::function<void()>& launch) {
    try {
      launch();
      check(false, what + " was let pass");
    } catch (const Error& error) {
      check(error.code == "CP_INTERNAL", what + ": " + error.code);
    }
  };
  refused("a grid without blocks", [&] { launcher.launch(storeOne, {0}, 32, 4, out); });
  refused("a high grid", [&] { launcher.launch(storeOne, {1, 65536}, 32, 4, out); });
  refused("half a warp", [&] { launcher.launch(storeOne, {1}, 16, 4, out); });
  refused("more shared memory than there is", [&] { launcher.launch(storeOne, {1}, 32, (99 << 10) + 1, out); });
  launcher.launch(storeOne, {1}, 32, 99 << 10, out);
  launcher.wait();
  check(*out == 1.0f, "the largest shared memory");
}

KERNEL(64)
void waitAlone(float*) {
  if (threadIndex() < 32) synchronize();
}

KERNEL(64)
void touchBeyond(float* out) {
  if (threadIndex() == 5) out[64] = 1;
}

KERNEL(64)
void readBefore(float* out) { out[threadIndex()] = out[threadIndex() - 1024]; }

// Whether a stray access is the end of the process: where the address sanitizer takes it.
#if defined(__SANITIZE_ADDRESS__)
constexpr bool strayEnds = true;
#else
constexpr bool strayEnds = false;
#endif

// What a kernel does wrong is told by whoever waits for it, and the stream is lost.
void testFailure(void (*kernel)(float*)) {
  TestLauncher launcher(0);
  float* out = launcher.scratch<float>(64);
  for (int attempt = 0; attempt < 2; ++attempt) {
    try {
      launcher.launch(kernel, {3}, 64, 0, out);
      launcher.wait();
      check(false, "a kernel that does what it may not was let pass");
    } catch (const Error& error) {
      check(error.code == "CP_DEVICE_LOST" && error.message.find("thread") != std::string::npos, error.message);
    }
  }
}

}  // namespace

int main() {
  testMap("add", [](auto& a, auto& b, auto& y, auto& launcher) { add({a, b, y}, launcher); },
          [](double a, double b) { return a + b; });
  testMap("scaleBy", [](auto& a, auto&, auto& y, auto& launcher) { scaleBy({a, y, -2.5}, launcher); },
          [](double a, double) { return -2.5 * a; });
  testMap("silu", [](auto& a, auto&, auto& y, auto& launcher) { silu({a, y}, launcher); },
          [](double a, double) { return a / (1 + std::exp(-a)); });
  testLaunches();
  testFailure(waitAlone);
  if (!strayEnds) for (const auto kernel : {touchBeyond, readBefore}) testFailure(kernel);
  std::printf(failures ? "%d failures\n" : "all good\n", failures);
  return failures ? 1 : 0;
}
