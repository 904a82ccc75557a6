// Memory between two pages that cannot be touched: a kernel that reads or writes one byte too far ends the process.
#pragma once
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>

namespace counterpoint {

class Guarded {
 public:
  // Zeros. With `atEnd` the last byte lies right before the upper page, which no alignment then promises; else the first
  // lies right behind the lower one.
  Guarded(size_t bytes, bool atEnd) {
    const size_t page = static_cast<size_t>(sysconf(_SC_PAGESIZE)), inner = (bytes + page - 1) / page * page;
    mapped = inner + 2 * page;
    start = static_cast<uint8_t*>(mmap(nullptr, mapped, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    if (start == MAP_FAILED) std::abort();
    if (inner > 0 && mprotect(start + page, inner, PROT_READ | PROT_WRITE) != 0) std::abort();
    first = start + page + (atEnd ? inner - bytes : 0);
  }
  ~Guarded() { munmap(start, mapped); }
  Guarded(const Guarded&) = delete;
  Guarded& operator=(const Guarded&) = delete;

  uint8_t* data() const { return first; }

 private:
  uint8_t *start, *first;
  size_t mapped;
};

}  // namespace counterpoint
