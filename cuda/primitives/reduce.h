// Sums and maxima over the lanes of a warp, in an order that is always the same.
#pragma once
#include <cmath>

#include "primitives/words.h"

namespace counterpoint::cuda {

// The sum of all lanes' values, in every lane.
DEVICE float sumOverWarp(float value) {
  UNROLL for (int mask = 16; mask > 0; mask /= 2) value += shuffleXor(value, mask);
  return value;
}

// The greatest of all lanes' values, in every lane.
DEVICE float greatestOverWarp(float value) {
  UNROLL for (int mask = 16; mask > 0; mask /= 2) value = fmaxf(value, shuffleXor(value, mask));
  return value;
}

}  // namespace counterpoint::cuda
