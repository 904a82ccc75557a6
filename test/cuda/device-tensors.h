// Ops of cuda/ called straight from a test, on an emulated device: tensors in device memory, and a launcher.
#pragma once
#include <initializer_list>
#include <vector>

#include "launcher.h"

namespace counterpoint::cuda {

// A stream of its own, of emulated device `seed`. What it allocates lives as long as it does.
class TestLauncher final : public Launcher {
 public:
  explicit TestLauncher(int seed) : Launcher({86, 4, 99 << 10}, newStream(seed)) {}
  ~TestLauncher() override {
    cudaStreamDestroy(stream);
    for (void* block : blocks) cudaFree(block);
  }

  // Waits for all that was launched. Throws Error where a kernel failed.
  void wait() { require(cudaStreamSynchronize(stream)); }

  // A tensor of its own allocation, filled from `values` rounded to `dtype`, or with NaN where there are none.
  Tensor tensor(Dtype dtype, std::initializer_list<int64_t> shape, const std::vector<float>& values = {}) {
    Tensor made;
    made.dtype = dtype;
    for (int64_t size : shape) made.shape[made.rank++] = size;
    made.rowStride = made.columns();
    withStorage(dtype, [&](auto zero) {
      using T = decltype(zero);
      T* data = scratch<T>(made.size());
      for (size_t i = 0; i < values.size(); ++i) data[i] = round<T>(values[i]);
      made.data = data;
    });
    return made;
  }

 protected:
  void* scratchBytes(size_t bytes) override {
    void* block = nullptr;
    require(cudaMalloc(&block, bytes));
    blocks.push_back(block);
    return block;
  }
  const void* packedBytes(const Tensor&, const char*, size_t bytes, const std::function<void(void*)>& pack) override {
    void* out = scratchBytes(bytes);
    pack(out);
    return out;
  }

 private:
  static cudaStream_t newStream(int seed) {
    cudaStream_t made = nullptr;
    require(cudaSetDevice(seed));
    require(cudaStreamCreateWithFlags(&made, cudaStreamNonBlocking));
    return made;
  }

  std::vector<void*> blocks;
};

// The elements of a tensor of floats, after everything that `launcher` launched.
inline std::vector<float> elements(TestLauncher& launcher, const Tensor& tensor) {
  launcher.wait();
  std::vector<float> values;
  withStorage(tensor.dtype, [&](auto zero) {
    using T = decltype(zero);
    for (int64_t i = 0; i < tensor.size(); ++i) values.push_back(toFloat(static_cast<const T*>(tensor.data)[i]));
  });
  return values;
}

}  // namespace counterpoint::cuda
