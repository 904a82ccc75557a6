// See region.h.
#include "machine/region.h"

#include <sys/mman.h>

#include <cstdlib>
#include <cstring>
#include <new>
#include <utility>

namespace counterpoint {

namespace {
constexpr uint64_t hugePage = uint64_t{2} << 20;

uint64_t roundUp(uint64_t bytes, uint64_t unit) { return (bytes + unit - 1) / unit * unit; }
}  // namespace

Memory::Memory(uint64_t wanted) : bytes(wanted) {
  if (bytes == 0) return;
  if (bytes > uint64_t{1} << 46) throw std::bad_alloc();
  if (bytes < hugePage) {
    start = static_cast<uint8_t*>(std::aligned_alloc(64, roundUp(bytes, 64)));
    if (!start) throw std::bad_alloc();
    std::memset(start, 0, bytes);
    return;
  }
  void* pages = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (pages == MAP_FAILED) throw std::bad_alloc();
#ifdef MADV_HUGEPAGE
  madvise(pages, bytes, MADV_HUGEPAGE);
#endif
  start = static_cast<uint8_t*>(pages);
}

Memory::~Memory() {
  if (bytes < hugePage) std::free(start);
  else munmap(start, bytes);
}

Memory::Memory(Memory&& other) noexcept
    : start(std::exchange(other.start, nullptr)), bytes(std::exchange(other.bytes, 0)) {}

Memory& Memory::operator=(Memory&& other) noexcept {
  std::swap(start, other.start);
  std::swap(bytes, other.bytes);
  return *this;
}

}  // namespace counterpoint
