// What kernels ask of operands, sizes that they can count in 32 bits (addresses into tensors are not) and addresses that 16
// bytes can be read from at once; and what they may ask of every device.
#pragma once
#include <cstdint>
#include <initializer_list>
#include <string>

#include "machine/error.h"

namespace counterpoint::cuda {

// A block's shared memory where there is least of it: compute capability 8.6, 8.9 and 12.0.
constexpr int leastSharedBytes = 99 << 10;

// `size`, where twice as much is a number still, as are indices beyond the last; throws Error elsewhere.
inline int toInt(int64_t size) {
  constexpr int64_t most = 1 << 30;
  if (size <= most) return static_cast<int>(size);
  throw Error{"CP_PROGRAM_INVALID", "a tensor has " + std::to_string(size) + " rows or columns: a CUDA kernel takes at most " +
                                        std::to_string(most)};
}

// Whether all of them begin at a multiple of 16 bytes.
inline bool beginWhole(std::initializer_list<const void*> operands) {
  uintptr_t addresses = 0;
  for (const void* operand : operands) addresses |= reinterpret_cast<uintptr_t>(operand);
  return addresses % 16 == 0;
}

}  // namespace counterpoint::cuda
