// y[n] = mean of the rows of image n: sums of blocks of rows, added in f64. x: [N, positions, C].
#include "cpu/loops.h"
#include "generated/ops.h"

namespace counterpoint::COUNTERPOINT_ISA {

void meanTokens(const MeanTokens& op, Context& context) {
  const int64_t channels = op.x.columns(), images = op.x.shape[0], positions = op.x.size() / op.y.size();
  const PositionBlocks blocks{images, positions, channels};
  float* partial = context.scratch(blocks.floats(1));  // [N, blocks, C]
  parallel(context, blocks.count(), [&](int64_t index, int) {
    float* sums = partial + index * channels;
    std::fill_n(sums, channels, 0.0f);
    for (int64_t row = blocks.begin(index); row < blocks.end(index); ++row) {
      const float* x = op.x.f32() + row * channels;
      overLanes(0, channels, [&](int64_t c, auto lane) {
        lane.write(sums + c, add(lane.read(sums + c), lane.read(x + c)));
      });
    }
  });
  for (int64_t n = 0; n < images; ++n) {
    for (int64_t c = 0; c < channels; ++c) {
      double sum = 0;
      const float* sums = partial + n * blocks.perImage * channels;
      for (int64_t block = 0; block < blocks.perImage; ++block) sum += sums[block * channels + c];
      op.y.f32()[n * channels + c] = static_cast<float>(sum / static_cast<double>(positions));
    }
  }
}

}  // namespace counterpoint::COUNTERPOINT_ISA
