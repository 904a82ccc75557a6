// Memory that programs run over.
#pragma once
#include <cstddef>
#include <cstdint>

namespace counterpoint {

// Zeroed bytes of the host, 64-byte aligned; from 2 MiB on they are pages of their own, huge ones where the system has them.
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

// What a host names `weights` or `state` of a run: zeroed memory of a device. After its creation only the device's queue
// thread looks inside.
class Region {
 public:
  explicit Region(uint64_t bytes) : bytes(bytes) {}
  virtual ~Region() = default;
  Region(const Region&) = delete;
  Region& operator=(const Region&) = delete;

  // Of a range that lies in the region.
  virtual void write(uint64_t offset, const uint8_t* data, uint64_t count) = 0;
  virtual void read(uint64_t offset, uint8_t* out, uint64_t count) const = 0;

  const uint64_t bytes;
};

}  // namespace counterpoint
