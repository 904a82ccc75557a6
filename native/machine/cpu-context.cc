// CpuContext: see cpu-context.h. Scratch is a stack of chunks that melts into one chunk once an instruction is over, so
// a running program soon allocates nothing.
#include "machine/cpu-context.h"

#include <algorithm>
#include <cstdlib>
#include <new>

#ifdef __linux__
#include <sys/mman.h>
#endif

namespace counterpoint {

namespace {
constexpr size_t lineFloats = 16;
constexpr size_t hugePage = size_t{2} << 20;

size_t roundUp(size_t value, size_t unit) { return (value + unit - 1) / unit * unit; }
}  // namespace

Block::Block(size_t wanted) : floats(roundUp(std::max<size_t>(wanted, 1), lineFloats)) {
  if (wanted > SIZE_MAX / 8) throw std::bad_alloc();
  const size_t alignment = floats * sizeof(float) >= hugePage ? hugePage : 64;
  const size_t bytes = roundUp(floats * sizeof(float), alignment);
  memory.reset(static_cast<float*>(std::aligned_alloc(alignment, bytes)));
  if (!memory) throw std::bad_alloc();
#ifdef __linux__
  if (alignment == hugePage) madvise(memory.get(), bytes, MADV_HUGEPAGE);
#endif
}

void Block::Release::operator()(float* data) const { std::free(data); }

const float* Packings::get(const Tensor& tensor, uint32_t packing, size_t floats,
                           const std::function<void(float*)>& pack) {
  // Held while packing: a second asker would otherwise do the same work twice.
  std::lock_guard lock(mutex);
  const Key key{tensor.data, tensor.rows(), tensor.columns(), packing, floats};
  const auto found = blocks.find(key);
  if (found != blocks.end()) return found->second.data();
  Block block(floats);
  pack(block.data());
  return blocks.emplace(key, std::move(block)).first->second.data();
}

size_t Packings::bytes() const {
  std::lock_guard lock(mutex);
  size_t total = 0;
  for (const auto& entry : blocks) total += entry.second.size() * sizeof(float);
  return total;
}

void Packings::clear() {
  std::lock_guard lock(mutex);
  blocks.clear();
}

void CpuContext::release() {
  if (chunks.size() > 1) {
    size_t total = 0;
    for (const Block& chunk : chunks) total += chunk.size();
    chunks.clear();
    chunks.emplace_back(total);
  }
  used = 0;
}

float* CpuContext::scratch(size_t floats) {
  const size_t wanted = roundUp(std::max<size_t>(floats, 1), lineFloats);
  if (chunks.empty() || chunks.back().size() - used < wanted) {
    chunks.emplace_back(wanted);
    used = 0;
  }
  float* block = chunks.back().data() + used;
  used += wanted;
  return block;
}

float* CpuContext::threadScratch(int thread, size_t floats) {
  Block& block = perThread[static_cast<size_t>(thread)];
  if (block.size() < floats) block = Block(floats);
  return block.data();
}

const float* CpuContext::packed(const Tensor& tensor, uint32_t packing, size_t floats,
                                const std::function<void(float*)>& pack) {
  if (tensor.immutable) return packings->get(tensor, packing, floats, pack);
  float* out = scratch(floats);
  pack(out);
  return out;
}

}  // namespace counterpoint
