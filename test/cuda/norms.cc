// GroupNorm and LayerNorm against loops in f64, around 0 and far from it.
#include "kernel-case.h"
#include "norms/layer-norm.h"

using namespace counterpoint;
using namespace counterpoint::cuda;

namespace {

struct GroupCase {
  int images, positions, channels, groups, positionsPerBlock;
  bool modulated = true, silu = true;
  double offset = 0;
  int moreChannels = 0;  // of a second source
};

template <class T>
std::vector<double> expectedOf(const GroupCase& c, const GroupNormProblem<T>& g, const Values<T>& x) {
  const int width = c.channels / c.groups;
  std::vector<double> y(x.size());
  for (int64_t n = 0; n < c.images; ++n) {
    for (int group = 0; group < c.groups; ++group) {
      const auto each = [&](auto body) {
        for (int64_t p = 0; p < c.positions; ++p) {
          for (int64_t l = group * width; l < (group + 1) * width; ++l) body((n * c.positions + p) * c.channels + l, l);
        }
      };
      double mean = 0, variance = 0;
      each([&](int64_t i, int64_t) { mean += x[i] / (c.positions * width); });
      each([&](int64_t i, int64_t) { variance += std::pow(x[i] - mean, 2) / (c.positions * width); });
      each([&](int64_t i, int64_t l) {
        double z = (x[i] - mean) / std::sqrt(variance + g.eps) * g.gamma[l] + g.beta[l];
        if (g.scale) z = z * (1 + double{toFloat(g.scale[n * c.channels + l])}) + toFloat(g.shift[n * c.channels + l]);
        y[static_cast<size_t>(i)] = c.silu ? z / (1 + std::exp(-z)) : z;
      });
    }
  }
  return y;
}

template <class T, int count>
void run(const GroupCase& c) {
  const auto size = [](auto... sizes) { return (size_t{1} * ... * static_cast<size_t>(sizes)); };
  const Values<T> x(size(c.images, c.positions, c.channels), [&](size_t) { return c.offset + normal(); });
  const auto gamma = normals<float>(size(c.channels)), beta = normals<float>(size(c.channels));
  const auto scale = normals<T>(size(c.images, c.channels)), shift = normals<T>(size(c.images, c.channels));
  // The same x as two sources.
  const int ofFirst = c.channels - c.moreChannels;
  const auto channelsOf = [&](int firstChannel, int channels) {
    return Values<T>(size(c.images, c.positions, channels), [&](size_t i) {
      const auto row = static_cast<int64_t>(i) / channels, channel = static_cast<int64_t>(i) % channels;
      return x[row * c.channels + firstChannel + channel];
    });
  };
  const Values<T> first = channelsOf(0, ofFirst), more = channelsOf(ofFirst, c.moreChannels);
  const int blocks = divideUp(c.positions, c.positionsPerBlock);
  Values<float> moments(size(c.images, blocks, 2, c.channels)), coefficients(size(c.images, 3, c.channels));
  Values<T> y(x.size());
  const GroupNormProblem<T> g{first.data(), gamma.data(), beta.data(), scale.orNull(c.modulated), shift.orNull(c.modulated),
                              y.data(), moments.data(), coefficients.data(), c.images, c.positions, c.channels, c.groups,
                              c.positionsPerBlock, 1e-5f, c.silu, more.orNull(c.moreChannels > 0), c.moreChannels};
  const int parts = divideUp(c.images * blocks * (c.channels / count), normThreads);
  std::string what = "groupNorm";
  for (int number : {c.images, c.positions, c.channels, c.groups, c.positionsPerBlock, count, c.moreChannels}) {
    what += " " + std::to_string(number);
  }
  // x is no more exact than f32 beside the offset.
  const double bound = allowed<T>(1) * std::max(1.0, c.offset / 10);
  compare<T>(what, y, expectedOf(c, g, x), bound, [&](uint64_t seed) {
    moments.clear(), coefficients.clear();
    launchEach<GroupNormProblem<T>>(g, groupMomentsKernel<T, count>, parts, normThreads, seed);
    launchEach<GroupNormProblem<T>>(g, groupCoefficientsKernel<T>, divideUp(c.images * c.groups, normThreads / 32),
                                    normThreads, seed);
    launchEach<GroupNormProblem<T>>(g, groupNormalizeKernel<T, count>, parts, normThreads, seed);
  });
}

template <class T, int count>
void runLayer(int rows, int channels, double offset = 0) {
  const Values<T> x(static_cast<size_t>(rows * channels), [&](size_t) { return offset + normal(); });
  const auto gamma = normals<float>(static_cast<size_t>(channels)), beta = normals<float>(static_cast<size_t>(channels));
  Values<T> y(x.size());
  std::vector<double> expected;
  for (int64_t row = 0; row < rows; ++row) {
    double mean = 0, variance = 0;
    for (int64_t c = 0; c < channels; ++c) mean += x[row * channels + c] / channels;
    for (int64_t c = 0; c < channels; ++c) variance += std::pow(x[row * channels + c] - mean, 2) / channels;
    for (int64_t c = 0; c < channels; ++c) {
      expected.push_back((x[row * channels + c] - mean) / std::sqrt(variance + double{1e-5f}) * gamma[c] + beta[c]);
    }
  }
  const LayerNormProblem<T> l{x.data(), gamma.data(), beta.data(), y.data(), rows, channels, 1e-5f};
  compare<T>("layerNorm " + std::to_string(rows) + " x " + std::to_string(channels), y, expected,
             allowed<T>(1) * std::max(1.0, offset / 10), [&](uint64_t seed) {
               launchEach<LayerNormProblem<T>>(l, layerNormKernel<T, count>, divideUp(rows, normThreads / 32), normThreads,
                                               seed);
             });
}

template <class T>
void testNorms() {
  constexpr int whole = pieceSize<T>;
  run<T, 1>({1, 5, 1, 1, 16, false, false});
  run<T, 1>({2, 7, 6, 2, 3});
  run<T, 1>({3, 50, 15, 5, 16, true, false});
  run<T, whole>({2, 33, 16, 4, 16, false, true});
  run<T, whole>({1, 100, 40, 1, 7});
  run<T, whole>({3, 9, 8, 8, 4, true, false});
  run<T, 1>({2, 7, 6, 2, 3, true, true, 0, 1});
  run<T, 1>({3, 20, 15, 3, 16, false, false, 0, 7});
  run<T, whole>({2, 33, 48, 2, 16, true, true, 0, 32});
  runLayer<T, 1>(1, 3);
  runLayer<T, 1>(7, 77);
  runLayer<T, whole>(5, 8);
  runLayer<T, whole>(9, 520);
}

}  // namespace

int main() {
  testNorms<Half>();
  testNorms<Brain>();
  testNorms<float>();
  run<float, 4>({2, 40, 8, 2, 16, true, false, 1000});
  runLayer<float, 4>(5, 64, 1000);
  return finish("norms");
}
