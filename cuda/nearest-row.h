// y[r] = row index[r] of the `rows` rows of x that begin `apart` r rows into it, an index outside them standing for the nearest.
#pragma once
#include "gather.h"

namespace counterpoint::cuda {

struct NearestRow {
  const int32_t* index;
  int rows;
  int64_t apart;
  unsigned channels;
  DEVICE Place operator()(unsigned row, unsigned column) const {
    const int wanted = index[row], nearest = wanted < 0 ? 0 : wanted < rows ? wanted : rows - 1;
    return {0, (row * apart + nearest) * channels + column};
  }
};

inline void nearestRows(Launcher& launcher, const Tensor& y, const Tensor& x, const Tensor& index, int64_t rows,
                        int64_t apart) {
  const int64_t channels = y.columns();
  gather(launcher, y, channels, {&x}, {}, [&](int64_t elements) {
    return NearestRow{index.i32(), toInt(rows), apart, countable(channels / elements)};
  });
}

}  // namespace counterpoint::cuda
