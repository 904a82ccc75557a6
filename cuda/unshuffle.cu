// y[h, w, (i block + j) C + c] = x[h block + i, w block + j, c], C the channels of x. See lib/ops/unshuffle.ts.
#include "gather.h"

namespace counterpoint::cuda {

namespace {
struct BlockOfPixels {
  unsigned width, block, channels;  // `width` of y
  // A row is one place (i, j) of one pixel of y.
  DEVICE Place operator()(unsigned index, unsigned column) const {
    const unsigned place = index % (block * block), pixel = index / (block * block);
    const int64_t row = int64_t{pixel / width} * block + place / block;  // counts through the images
    return {0, ((row * width + pixel % width) * block + place % block) * channels + column};
  }
};
}  // namespace

void unshuffle(const Unshuffle& op, Launcher& launcher) {
  const int64_t channels = op.x.columns();
  gather(launcher, op.y, channels, {&op.x}, {}, [&](int64_t elements) {
    return BlockOfPixels{countable(op.y.shape[2]), countable(op.block), countable(channels / elements)};
  });
}

}  // namespace counterpoint::cuda
