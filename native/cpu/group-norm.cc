// y = act((x - mean) a + b) with, for image n and channel c of group g,
//   a = gamma (1 + scale) / sqrt(variance + eps),  b = beta (1 + scale) + shift,
// and its gradient. x: [N, positions, C], some channels of a row in one tensor and the rest in another where there are two
// sources. See lib/ops/group-norm.ts.
//
// Statistics read x once from memory: each block of rows, small enough to stay in cache, gives the mean of each channel
// (summing differences from its first row, so that a large common offset costs no digits) and then the squared deviations
// from it, unless an operand has them already; these are merged in f64 (Chan, Golub & LeVeque 1983, equation 2.1).
#include <cmath>

#include "cpu/loops.h"
#include "cpu/moments.h"
#include "generated/ops.h"

namespace counterpoint::COUNTERPOINT_ISA {
namespace {

// Where some channels of x lie, dense: the first of them in x, and how many.
struct Source {
  const float* data;
  int64_t first, channels;

  const float* row(int64_t index) const { return data + index * channels; }
};

struct Sources {
  Source of[2];
  int count;

  const Source* begin() const { return of; }
  const Source* end() const { return of + count; }
};

Sources sourcesOf(const GroupNorm& op) {
  const int64_t channels = op.x.columns();
  if (!op.more) return {{{op.x.f32(), 0, channels}, {}}, 1};
  return {{{op.x.f32(), 0, channels}, {op.more.f32(), channels, op.more.columns()}}, 2};
}
Sources sourcesOf(const GroupNormGradient& op) { return {{{op.x.f32(), 0, op.x.columns()}, {}}, 1}; }

// What y = act((x - mean) a + b) needs of one image, a number a channel.
struct Coefficients {
  float *mean, *a, *b;
};

// What both ops begin with; `Op` is GroupNorm or GroupNormGradient.
template <class Op>
class Statistics {
 public:
  Statistics(const Op& op, Context& context)
      : op(op),
        x(sourcesOf(op)),
        channels(op.gamma.columns()),
        blocks{op.x.shape[0], op.x.rows() / op.x.shape[0], channels},
        coefficients(context.scratch(static_cast<size_t>(blocks.images * 3 * channels))),
        inverse(context.scratch(static_cast<size_t>(blocks.images * op.groups))) {
    const Parts parts = partsOf(op, context);
    parallel(context, blocks.images, [&](int64_t n, int) {
      for (int64_t group = 0; group < op.groups; ++group) merge(n, group, parts);
    });
  }

  Coefficients of(int64_t n) const {
    float* first = coefficients + n * 3 * channels;
    return {first, first + channels, first + 2 * channels};
  }

  // 1 + scale of image n and channel c.
  float factor(int64_t n, int64_t c) const { return op.scale ? 1.0f + op.scale.f32()[n * channels + c] : 1.0f; }

  const Op& op;
  const Sources x;
  const int64_t channels;
  const PositionBlocks blocks;
  float* const coefficients;  // [N, 3, C]
  float* const inverse;       // [N, groups]: 1 / sqrt(variance + eps)

 private:
  // Moments [N, perImage, 2, C] of blocks of up to `rows` rows.
  struct Parts {
    const float* moments;
    int64_t rows, perImage;
  };

  Parts partsOf(const GroupNorm& norm, Context& context) const {
    if (!norm.moments) return momentsOfX(context);
    const int64_t perImage = norm.moments.shape[1];
    return {norm.moments.f32(), blocks.positions / perImage, perImage};
  }
  Parts partsOf(const GroupNormGradient&, Context& context) const { return momentsOfX(context); }

  Parts momentsOfX(Context& context) const {
    float* moments = context.scratch(blocks.floats(2));
    parallel(context, blocks.count(), [&](int64_t index, int) {
      const int64_t begin = blocks.begin(index), rows = blocks.end(index) - begin;
      for (const Source& source : x) {
        float* mean = moments + index * 2 * channels + source.first;
        momentsOfBlock(source.row(begin), rows, source.channels, mean, mean + channels);
      }
    });
    return {moments, blocks.rows, blocks.perImage};
  }

  void merge(int64_t n, int64_t group, const Parts& parts) {
    const int64_t width = channels / op.groups, first = group * width;
    const double total = static_cast<double>(blocks.positions * width);
    double mean = 0, deviation = 0;
    const auto overParts = [&](auto body) {
      for (int64_t block = 0; block < parts.perImage; ++block) {
        const double rows = static_cast<double>(std::min(parts.rows, blocks.positions - block * parts.rows));
        const float* part = parts.moments + (n * parts.perImage + block) * 2 * channels;
        for (int64_t c = first; c < first + width; ++c) body(rows, part[c], part[channels + c]);
      }
    };
    overParts([&](double rows, double partMean, double) { mean += rows * partMean / total; });
    overParts([&](double rows, double partMean, double partDeviation) {
      deviation += partDeviation + rows * (partMean - mean) * (partMean - mean);
    });
    const float scaleOfGroup = static_cast<float>(1.0 / std::sqrt(deviation / total + op.eps));
    inverse[n * op.groups + group] = scaleOfGroup;
    const Coefficients out = of(n);
    for (int64_t c = first; c < first + width; ++c) {
      out.mean[c] = static_cast<float>(mean);
      out.a[c] = op.gamma.f32()[c] * factor(n, c) * scaleOfGroup;
      out.b[c] = op.beta.f32()[c] * factor(n, c) + (op.shift ? op.shift.f32()[n * channels + c] : 0.0f);
    }
  }
};

template <bool activated>
void normalize(const Statistics<GroupNorm>& statistics, Context& context) {
  const int64_t channels = statistics.channels;
  parallel(context, statistics.blocks.count(), [&](int64_t index, int) {
    const Coefficients k = statistics.of(statistics.blocks.image(index));
    for (int64_t row = statistics.blocks.begin(index); row < statistics.blocks.end(index); ++row) {
      for (const Source& source : statistics.x) {
        const float *x = source.row(row), *mean = k.mean + source.first, *a = k.a + source.first, *b = k.b + source.first;
        float* y = statistics.op.y.f32() + row * channels + source.first;
        overLanes(0, source.channels, [&](int64_t c, auto lane) {
          const Vec z = fma(sub(lane.read(x + c), lane.read(mean + c)), lane.read(a + c), lane.read(b + c));
          lane.write(y + c, activated ? silu(z) : z);
        });
      }
    }
  });
}

// Writes dz = dy act'(z) to dx, and each block's sums of dz and of dz (x - mean) to partial: [N, blocks, 2, C].
template <bool activated>
void throughActivation(const Statistics<GroupNormGradient>& statistics, float* partial, Context& context) {
  const int64_t channels = statistics.channels;
  parallel(context, statistics.blocks.count(), [&](int64_t index, int) {
    const Coefficients k = statistics.of(statistics.blocks.image(index));
    float *sums = partial + index * 2 * channels, *products = sums + channels;
    std::fill_n(sums, 2 * channels, 0.0f);
    for (int64_t row = statistics.blocks.begin(index); row < statistics.blocks.end(index); ++row) {
      const float *x = statistics.op.x.f32() + row * channels, *dy = statistics.op.dy.f32() + row * channels;
      float* dz = statistics.op.dx.f32() + row * channels;
      overLanes(0, channels, [&](int64_t c, auto lane) {
        const Vec centred = sub(lane.read(x + c), lane.read(k.mean + c));
        Vec d = lane.read(dy + c);
        if (activated) {
          const Vec z = fma(centred, lane.read(k.a + c), lane.read(k.b + c)), s = sigmoid(z), one = broadcast(1.0f);
          d = mul(mul(d, s), fma(z, sub(one, s), one));
        }
        lane.write(dz + c, d);
        lane.write(sums + c, add(lane.read(sums + c), d));
        lane.write(products + c, fma(d, centred, lane.read(products + c)));
      });
    }
  });
}

// What the gradient needs of one image and channel beside the statistics.
struct ImageSums {
  float *dbeta, *dgamma;  // this image's share
  float *centred, *constant;  // dx = dz a + (x - mean) centred + constant
};

// Merges one image's sums of blocks: dshift, dscale and `out`, all [C].
void mergeSums(const Statistics<GroupNormGradient>& statistics, const float* partial, int64_t n, const ImageSums& out) {
  const GroupNormGradient& op = statistics.op;
  const int64_t channels = statistics.channels, width = channels / op.groups;
  const double total = static_cast<double>(statistics.blocks.positions * width);
  for (int64_t first = 0; first < channels; first += width) {
    const double inverse = statistics.inverse[n * op.groups + first / width];
    double meanSum = 0, meanProduct = 0;  // of dx^ and dx^ x^ over the group
    for (int64_t c = first; c < first + width; ++c) {
      double sum = 0, product = 0;
      for (int64_t block = 0; block < statistics.blocks.perImage; ++block) {
        const float* sums = partial + (n * statistics.blocks.perImage + block) * 2 * channels;
        sum += sums[c];
        product += sums[channels + c];
      }
      product *= inverse;
      const double gamma = op.gamma.f32()[c], factor = statistics.factor(n, c);
      op.dshift.f32()[n * channels + c] = static_cast<float>(sum);
      op.dscale.f32()[n * channels + c] = static_cast<float>(gamma * product + op.beta.f32()[c] * sum);
      out.dbeta[c] = static_cast<float>(factor * sum);
      out.dgamma[c] = static_cast<float>(factor * product);
      meanSum += gamma * factor * sum / total;
      meanProduct += gamma * factor * product / total;
    }
    std::fill_n(out.centred + first, width, static_cast<float>(-meanProduct * inverse * inverse));
    std::fill_n(out.constant + first, width, static_cast<float>(-meanSum * inverse));
  }
}

void writeInputGradient(const Statistics<GroupNormGradient>& statistics, const float* centred, const float* constant,
                        Context& context) {
  const int64_t channels = statistics.channels;
  parallel(context, statistics.blocks.count(), [&](int64_t index, int) {
    const int64_t n = statistics.blocks.image(index);
    const Coefficients k = statistics.of(n);
    const float *slope = centred + n * channels, *offset = constant + n * channels;
    for (int64_t row = statistics.blocks.begin(index); row < statistics.blocks.end(index); ++row) {
      const float* x = statistics.op.x.f32() + row * channels;
      float* dx = statistics.op.dx.f32() + row * channels;
      overLanes(0, channels, [&](int64_t c, auto lane) {
        const Vec deviation = sub(lane.read(x + c), lane.read(k.mean + c));
        const Vec common = fma(deviation, lane.read(slope + c), lane.read(offset + c));
        lane.write(dx + c, fma(lane.read(dx + c), lane.read(k.a + c), common));
      });
    }
  });
}

}  // namespace

void groupNorm(const GroupNorm& op, Context& context) {
  const Statistics<GroupNorm> statistics(op, context);
  if (op.activation == GroupNormActivation::silu) normalize<true>(statistics, context);
  else normalize<false>(statistics, context);
}

void groupMoments(const GroupMoments& op, Context& context) {
  momentsOf(context, op.x.f32(), op.x.rows(), op.x.columns(), op.block, op.moments.f32());
}

void groupNormGradient(const GroupNormGradient& op, Context& context) {
  const Statistics<GroupNormGradient> statistics(op, context);
  const int64_t channels = statistics.channels, images = statistics.blocks.images;
  float* partial = context.scratch(statistics.blocks.floats(2));
  if (op.activation == GroupNormGradientActivation::silu) throughActivation<true>(statistics, partial, context);
  else throughActivation<false>(statistics, partial, context);

  const size_t perImage = static_cast<size_t>(images * channels);
  float *shares = context.scratch(2 * perImage);  // [N, 2, C]: dbeta and dgamma of each image
  float *centred = context.scratch(perImage), *constant = context.scratch(perImage);  // [N, C]
  parallel(context, images, [&](int64_t n, int) {
    float* share = shares + n * 2 * channels;
    mergeSums(statistics, partial, n, {share, share + channels, centred + n * channels, constant + n * channels});
  });
  sumChunks(context, shares, images, 2 * channels, channels, op.dbeta.f32());
  sumChunks(context, shares + channels, images, 2 * channels, channels, op.dgamma.f32());
  writeInputGradient(statistics, centred, constant, context);
}

}  // namespace counterpoint::COUNTERPOINT_ISA
