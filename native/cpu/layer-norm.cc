// y = (x - mean) gamma / sqrt(variance + eps) + beta over the channels of each row, two passes over a row in cache, and
// its gradient. x: [rows, C].
#include "cpu/loops.h"
#include "generated/ops.h"

namespace counterpoint::COUNTERPOINT_ISA {
namespace {

struct Moments {
  float mean, inverse;  // 1 / sqrt(variance + eps)
};

Moments momentsOf(const float* x, int64_t channels, double eps) {
  const float share = 1.0f / static_cast<float>(channels);
  Vec sum = zero();
  overLanes(0, channels, [&](int64_t c, auto lane) { sum = add(sum, lane.read(x + c)); });
  const float mean = sumOfLanes(sum) * share;
  float deviations[lanes] = {};
  Vec squares = zero();
  overLanes(0, channels, [&](int64_t c, auto lane) {
    // Through memory, so that the lanes behind a row's end stay zero instead of becoming -mean.
    lane.write(deviations, sub(lane.read(x + c), broadcast(mean)));
    const Vec deviation = lane.read(deviations);
    squares = fma(deviation, deviation, squares);
  });
  const float variance = sumOfLanes(squares) * share;
  return {mean, 1.0f / __builtin_sqrtf(variance + static_cast<float>(eps))};
}

}  // namespace

void layerNorm(const LayerNorm& op, Context& context) {
  const int64_t channels = op.x.columns();
  const float *gamma = op.gamma.f32(), *beta = op.beta.f32();
  overRows(context, op.x.rows(), channels, [&](int64_t row) {
    const float* x = op.x.f32() + row * channels;
    float* y = op.y.f32() + row * channels;
    const Moments moments = momentsOf(x, channels, op.eps);
    const Vec mean = broadcast(moments.mean), inverse = broadcast(moments.inverse);
    overLanes(0, channels, [&](int64_t c, auto lane) {
      const Vec normalized = mul(sub(lane.read(x + c), mean), inverse);
      lane.write(y + c, fma(normalized, lane.read(gamma + c), lane.read(beta + c)));
    });
  });
}

void layerNormGradient(const LayerNormGradient& op, Context& context) {
  const int64_t channels = op.x.columns(), rows = op.x.rows();
  const float* gamma = op.gamma.f32();
  const PositionBlocks blocks{1, rows, channels};
  float* partial = context.scratch(blocks.floats(2));  // [blocks, 2, C]: dbeta and dgamma of each block
  parallel(context, blocks.count(), [&](int64_t index, int) {
    float *dbeta = partial + index * 2 * channels, *dgamma = dbeta + channels;
    std::fill_n(dbeta, 2 * channels, 0.0f);
    for (int64_t row = blocks.begin(index); row < blocks.end(index); ++row) {
      const float *x = op.x.f32() + row * channels, *dy = op.dy.f32() + row * channels;
      float* dx = op.dx.f32() + row * channels;
      const Moments moments = momentsOf(x, channels, op.eps);
      const Vec mean = broadcast(moments.mean), inverse = broadcast(moments.inverse);
      Vec sum = zero(), product = zero();  // of dx^ and dx^ x^; dx^ is zero behind the row's end
      overLanes(0, channels, [&](int64_t c, auto lane) {
        const Vec normalized = mul(sub(lane.read(x + c), mean), inverse), d = lane.read(dy + c);
        lane.write(dbeta + c, add(lane.read(dbeta + c), d));
        lane.write(dgamma + c, fma(d, normalized, lane.read(dgamma + c)));
        const Vec scaled = mul(d, lane.read(gamma + c));
        sum = add(sum, scaled);
        product = fma(scaled, normalized, product);
      });
      const Vec share = broadcast(1.0f / static_cast<float>(channels));
      const Vec meanSum = mul(broadcast(sumOfLanes(sum)), share), meanProduct = mul(broadcast(sumOfLanes(product)), share);
      overLanes(0, channels, [&](int64_t c, auto lane) {
        const Vec normalized = mul(sub(lane.read(x + c), mean), inverse);
        const Vec centred = sub(mul(lane.read(dy + c), lane.read(gamma + c)), meanSum);
        lane.write(dx + c, mul(inverse, fnma(normalized, meanProduct, centred)));
      });
    }
  });
  sumChunks(context, partial, blocks.count(), 2 * channels, channels, op.dbeta.f32());
  sumChunks(context, partial + channels, blocks.count(), 2 * channels, channels, op.dgamma.f32());
}

}  // namespace counterpoint::COUNTERPOINT_ISA
