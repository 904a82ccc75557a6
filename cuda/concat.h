// y = rows of `left` elements of a, each followed by one of `right` elements of b.
#pragma once
#include "gather.h"

namespace counterpoint::cuda {

struct Concat {
  unsigned left, right;
  DEVICE Place operator()(unsigned row, unsigned column) const {
    if (column < left) return {0, int64_t{row} * left + column};
    return {1, int64_t{row} * right + column - left};
  }
};

inline void concat(Launcher& launcher, const Tensor& y, const Tensor& a, int64_t left, const Tensor& b, int64_t right) {
  gather(launcher, y, left + right, {&a, &b}, {left, right}, [&](int64_t elements) {
    return Concat{countable(left / elements), countable(right / elements)};
  });
}

}  // namespace counterpoint::cuda
