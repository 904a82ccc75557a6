// Memory that programs run over.
#pragma once
#include <cstddef>
#include <cstdint>

#include "machine/cpu-context.h"

namespace counterpoint {

// Zeroed bytes, 64-byte aligned; from 2 MiB on they are pages of their own, huge ones where the system has them.
class Memory {
 public:
  Memory() = default;
  explicit Memory(uint64_t bytes);  // throws std::bad_alloc
  ~Memory();
  Memory(Memory&& other) noexcept;
  Memory& operator=(Memory&& other) noexcept;

  uint8_t* data() const { return start; }
  uint64_t size() const { return bytes; }

 private:
  uint8_t* start = nullptr;
  uint64_t bytes = 0;
};

// What a host names `weights` or `state` of a run, with the packings of its tensors where it serves as weights. After
// its creation only the queue's thread looks inside.
struct Region {
  explicit Region(uint64_t bytes) : memory(bytes) {}
  Memory memory;
  Packings packings;
};

}  // namespace counterpoint
