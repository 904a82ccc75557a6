// y = rows of `width` elements that begin `begin` elements into rows of x of `stride` elements; what lies outside of x's rows is
// zero, and `begin` may be negative: slices and padding.
#pragma once
#include "gather.h"

namespace counterpoint::cuda {

struct Window {
  int64_t stride, begin;
  DEVICE Place operator()(unsigned row, unsigned column) const {
    const int64_t at = begin + column;
    if (at < 0 || at >= stride) return {-1, 0};
    return {0, row * stride + at};
  }
};

inline void window(Launcher& launcher, const Tensor& y, int64_t width, const Tensor& x, int64_t stride, int64_t begin) {
  gather(launcher, y, width, {&x}, {stride, begin}, [&](int64_t elements) {
    return Window{stride / elements, begin / elements};
  });
}

}  // namespace counterpoint::cuda
