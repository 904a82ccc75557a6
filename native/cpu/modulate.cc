// y = x (1 + scale) + shift, scale and shift a channel of each image each, and its gradient. x: [N, positions, C].
#include "cpu/loops.h"
#include "generated/ops.h"

namespace counterpoint::COUNTERPOINT_ISA {

void modulate(const Modulate& op, Context& context) {
  const int64_t channels = op.x.columns(), positions = op.x.size() / op.scale.size();
  overRows(context, op.x.size() / channels, channels, [&](int64_t row) {
    const float *x = op.x.f32() + row * channels, *scale = op.scale.f32() + row / positions * channels;
    const float* shift = op.shift.f32() + row / positions * channels;
    float* y = op.y.f32() + row * channels;
    overLanes(0, channels, [&](int64_t c, auto lane) {
      const Vec factor = add(broadcast(1.0f), lane.read(scale + c));
      lane.write(y + c, fma(lane.read(x + c), factor, lane.read(shift + c)));
    });
  });
}

void modulateGradient(const ModulateGradient& op, Context& context) {
  const int64_t channels = op.x.columns(), images = op.x.shape[0], positions = op.x.size() / op.scale.size();
  const PositionBlocks blocks{images, positions, channels};
  float* partial = context.scratch(blocks.floats(2));  // [N, blocks, 2, C]: sums of dy and of dy x
  parallel(context, blocks.count(), [&](int64_t index, int) {
    const int64_t n = blocks.image(index);
    float *sums = partial + index * 2 * channels, *products = sums + channels;
    std::fill_n(sums, 2 * channels, 0.0f);
    const float* scale = op.scale.f32() + n * channels;
    for (int64_t row = blocks.begin(index); row < blocks.end(index); ++row) {
      const float *x = op.x.f32() + row * channels, *dy = op.dy.f32() + row * channels;
      float* dx = op.dx.f32() + row * channels;
      overLanes(0, channels, [&](int64_t c, auto lane) {
        const Vec d = lane.read(dy + c);
        lane.write(dx + c, fma(d, lane.read(scale + c), d));
        lane.write(sums + c, add(lane.read(sums + c), d));
        lane.write(products + c, fma(d, lane.read(x + c), lane.read(products + c)));
      });
    }
  });
  for (int64_t n = 0; n < images; ++n) {
    for (int64_t c = 0; c < channels; ++c) {
      double sum = 0, product = 0;
      for (int64_t block = 0; block < blocks.perImage; ++block) {
        const float* sums = partial + (n * blocks.perImage + block) * 2 * channels;
        sum += sums[c];
        product += sums[channels + c];
      }
      op.dshift.f32()[n * channels + c] = static_cast<float>(sum);
      op.dscale.f32()[n * channels + c] = static_cast<float>(product);
    }
  }
}

}  // namespace counterpoint::COUNTERPOINT_ISA
