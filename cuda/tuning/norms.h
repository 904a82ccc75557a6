// How GroupNorm's positions are cut into blocks: a part of the order of its sums, and so a function of one image alone.
#pragma once
#include <cstdint>

namespace counterpoint::cuda {

// Enough blocks for a small image to fill a device, and few enough for a large one that merging them is little work.
constexpr int64_t positionsPerBlock(int64_t positions) {
  constexpr int64_t fewest = 16, mostBlocks = 1024;
  const int64_t even = (positions + mostBlocks - 1) / mostBlocks;
  return even < fewest ? fewest : even;
}

}  // namespace counterpoint::cuda
