// What a kernel sees: tensors, the thread pool, scratch memory and packed weights.
// A kernel never allocates, never blocks on anything but `parallel`, and keeps no state of its own.
#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>

namespace counterpoint {

enum class Dtype : uint8_t { f32 = 0, i32 = 1, u8 = 2, f16 = 3, bf16 = 4 };

constexpr int maxRank = 8;

// An operand of an instruction: row-major, last dimension contiguous, `rowStride` elements from one row (all leading
// dimensions flattened) to the next. `data` is null where an optional operand is absent.
struct Tensor {
  void* data = nullptr;
  Dtype dtype = Dtype::f32;
  uint8_t rank = 0;
  bool immutable = false;  // lies in the weights region: a packing of it may be kept
  int64_t shape[maxRank] = {};
  int64_t rowStride = 0;

  explicit operator bool() const { return data != nullptr; }
  float* f32() const { return static_cast<float*>(data); }
  uint16_t* bf16() const { return static_cast<uint16_t*>(data); }
  int32_t* i32() const { return static_cast<int32_t*>(data); }
  uint8_t* u8() const { return static_cast<uint8_t*>(data); }
  int64_t columns() const { return rank ? shape[rank - 1] : 1; }
  int64_t rows() const {
    int64_t count = 1;
    for (int i = 0; i + 1 < rank; ++i) count *= shape[i];
    return count;
  }
  int64_t size() const { return rows() * columns(); }
};

class Context {
 public:
  virtual ~Context() = default;

  virtual int threads() const = 0;

  // Calls body(index, thread) once for every index in [0, count), in any order, on any of the pool's threads, and
  // returns when all are done. Results must not depend on which thread takes which index. Not re-entrant.
  virtual void parallel(int64_t count, const std::function<void(int64_t index, int thread)>& body) = 0;

  // Uninitialised memory, 64-byte aligned, valid until the instruction ends; each call gives a new block.
  virtual float* scratch(size_t floats) = 0;

  // The same for one thread inside `parallel`: valid until the body returns; one block a thread, so ask once.
  virtual float* threadScratch(int thread, size_t floats) = 0;

  // `tensor` in the layout that `pack` writes (`floats` long). Kept and shared between programs when the tensor is
  // immutable, made anew in scratch otherwise. `packing` names the layout and must be unique to it within the ISA.
  virtual const float* packed(const Tensor& tensor, uint32_t packing, size_t floats,
                              const std::function<void(float* out)>& pack) = 0;
};

}  // namespace counterpoint
