// y[h block + i, w block + j, c] = x[h, w, (i block + j) C + c], C the channels of y. See lib/ops/shuffle.ts.
#include "gather.h"

namespace counterpoint::cuda {

namespace {
struct PixelOfBlock {
  unsigned width, block, channels;  // of y
  DEVICE Place operator()(unsigned pixel, unsigned column) const {
    const unsigned row = pixel / width, w = pixel % width;  // rows count through the images
    const int64_t source = int64_t{row / block} * (width / block) + w / block;
    return {0, (source * block * block + row % block * block + w % block) * channels + column};
  }
};
}  // namespace

void shuffle(const Shuffle& op, Launcher& launcher) {
  const int64_t channels = op.y.columns();
  gather(launcher, op.y, channels, {&op.x}, {}, [&](int64_t elements) {
    return PixelOfBlock{countable(op.y.shape[2]), countable(op.block), countable(channels / elements)};
  });
}

}  // namespace counterpoint::cuda
