// The context that CPU kernels run in: a pool, reusable scratch memory, and a store of packed weights.
#pragma once
#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <tuple>
#include <vector>

#include "machine/context.h"
#include "machine/pool.h"

namespace counterpoint {

// A growing piece of uninitialised memory, 64-byte aligned (2 MiB aligned and offered huge pages when it is that
// large).
class Block {
 public:
  Block() = default;
  explicit Block(size_t floats);  // throws std::bad_alloc
  float* data() const { return memory.get(); }
  size_t size() const { return floats; }

 private:
  struct Release {
    void operator()(float* data) const;
  };
  std::unique_ptr<float, Release> memory;
  size_t floats = 0;
};

// Packed copies of the immutable tensors of one weights region; lives and dies with it, shared by every program (and
// thread) that reads it. A packing is made once, by whoever asks first.
class Packings {
 public:
  const float* get(const Tensor& tensor, uint32_t packing, size_t floats, const std::function<void(float*)>& pack);
  size_t bytes() const;  // of all packings held
  void clear();          // for when the tensors change after all

 private:
  using Key = std::tuple<const void*, int64_t, int64_t, uint32_t, size_t>;  // data, rows, columns, packing, floats
  mutable std::mutex mutex;
  std::map<Key, Block> blocks;
};

// A device's context; used by its queue thread alone.
class CpuContext final : public Context {
 public:
  explicit CpuContext(Pool& pool) : pool(pool), perThread(static_cast<size_t>(pool.threads())) {}

  // The packings of the weights region that the next instructions read.
  void use(Packings& store) { packings = &store; }

  // Takes back all scratch memory: call between instructions. What one instruction needed is kept for the next.
  void release();

  int threads() const override { return pool.threads(); }
  void parallel(int64_t count, const std::function<void(int64_t, int)>& body) override { pool.parallel(count, body); }
  float* scratch(size_t floats) override;
  float* threadScratch(int thread, size_t floats) override;
  const float* packed(const Tensor& tensor, uint32_t packing, size_t floats,
                      const std::function<void(float*)>& pack) override;

 private:
  Pool& pool;
  Packings* packings = nullptr;
  std::vector<Block> chunks;  // handed out front to back; the last one is in use
  size_t used = 0;            // floats of the last chunk
  std::vector<Block> perThread;
};

}  // namespace counterpoint
