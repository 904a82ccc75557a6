// Sizes as kernels count them: in 32 bits, which addresses into tensors are not.
#pragma once
#include <cstdint>
#include <string>

#include "machine/error.h"

namespace counterpoint::cuda {

// `size`, where twice as much is a number still, as are indices beyond the last; throws Error elsewhere.
inline int toInt(int64_t size) {
  constexpr int64_t most = 1 << 30;
  if (size <= most) return static_cast<int>(size);
  throw Error{"CP_PROGRAM_INVALID", "a tensor has " + std::to_string(size) + " rows or columns: a CUDA kernel takes at most " +
                                        std::to_string(most)};
}

}  // namespace counterpoint::cuda
