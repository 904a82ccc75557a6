// Every tile of the product of matrices behind convolutions and linear layers, in every storage, against loops in f64.
#include "gemm/product.h"

#include "kernel-case.h"
#include "tuning/product.h"

using namespace counterpoint;
using namespace counterpoint::cuda;

namespace {

struct Case {
  int images, height, width, channels, columns;
  int kernel = 1, stride = 1, upsample = 1;
  bool bias = true, residual = true;
  int splits = 1;
  bool moments = false;
  int moreChannels = 0;  // of a second source
};

std::string title(const Case& c) {
  std::string text = "product";
  for (int number : {c.images, c.height, c.width, c.channels, c.columns, c.kernel, c.stride, c.upsample, c.splits,
                     c.moreChannels}) {
    text += " " + std::to_string(number);
  }
  return text;
}

template <class T>
struct Operands {
  Values<T> x, weight, residual;
  Values<float> bias;
};

template <class T>
std::vector<double> expectedOf(const Case& c, const Operands<T>& in) {
  const int outputHeight = c.height * c.upsample / c.stride, outputWidth = c.width * c.upsample / c.stride;
  const int padding = (c.kernel - 1) / 2;
  std::vector<double> y;
  for (int64_t row = 0; row < int64_t{c.images} * outputHeight * outputWidth; ++row) {
    const int64_t image = row / outputHeight / outputWidth, r = row / outputWidth % outputHeight, q = row % outputWidth;
    for (int64_t o = 0; o < c.columns; ++o) {
      double sum = (c.bias ? in.bias[o] : 0) + (c.residual ? in.residual[row * c.columns + o] : 0);
      for (int64_t i = 0; i < c.kernel; ++i) {
        for (int64_t j = 0; j < c.kernel; ++j) {
          const int64_t top = r * c.stride + i - padding, left = q * c.stride + j - padding;
          if (top < 0 || top >= c.height * c.upsample || left < 0 || left >= c.width * c.upsample) continue;
          const int64_t pixel = (image * c.height + top / c.upsample) * c.width + left / c.upsample;
          for (int64_t l = 0; l < c.channels; ++l) {
            sum += in.x[pixel * c.channels + l] * in.weight[((i * c.kernel + j) * c.channels + l) * c.columns + o];
          }
        }
      }
      y.push_back(sum);
    }
  }
  return y;
}

// The moments must be those of what was stored.
template <class T>
void checkMoments(const std::string& what, const Values<T>& y, const Values<float>& moments, int64_t columns) {
  const auto rows = static_cast<int64_t>(y.size()) / columns;
  double errors[2] = {}, norms[2] = {};
  for (int64_t first = 0; first < rows; first += momentRows) {
    for (int64_t o = 0; o < columns; ++o) {
      double expected[2] = {};
      for (int64_t row = first; row < first + momentRows; ++row) expected[0] += y[row * columns + o] / momentRows;
      for (int64_t row = first; row < first + momentRows; ++row) {
        expected[1] += std::pow(y[row * columns + o] - expected[0], 2);
      }
      for (int64_t k = 0; k < 2; ++k) {
        errors[k] += std::pow(moments[(first / momentRows * 2 + k) * columns + o] - expected[k], 2);
        norms[k] += expected[k] * expected[k];
      }
    }
  }
  for (int k = 0; k < 2; ++k) check(std::sqrt(errors[k] / norms[k]) <= allowed<float>(1), what + ": moments");
}

template <class T>
void sumParts(const Product<T>& p, uint64_t seed) {
  const auto rows = static_cast<unsigned>(p.rows), columns = static_cast<unsigned>(p.columns);
  const emulator::Coordinates plain{static_cast<unsigned>(divideUp(p.rows * p.columns, elementThreads)), 1, 1};
  const emulator::Coordinates blocks{rows / momentRows, (columns + columnsPerBlock - 1) / columnsPerBlock, 1};
  emulator::launch({p.moments ? blocks : plain, elementThreads, 0}, seed,
                   [&] { (p.moments ? sumPartsWithMomentsKernel<T> : sumPartsKernel<T>)(p); });
}

template <class T, class Tile, bool wholePieces>
void run(const Case& c) {
  const int outputHeight = c.height * c.upsample / c.stride, outputWidth = c.width * c.upsample / c.stride;
  const int rows = c.images * outputHeight * outputWidth, taps = c.kernel * c.kernel;
  const auto count = [](auto... sizes) { return (size_t{1} * ... * static_cast<size_t>(sizes)); };
  const Operands<T> in{normals<T>(count(c.images, c.height, c.width, c.channels)),
                       normals<T>(count(taps, c.channels, c.columns)), normals<T>(count(rows, c.columns)),
                       normals<float>(count(c.columns))};

  // The same x as two sources.
  const int ofFirst = c.channels - c.moreChannels, pixels = c.images * c.height * c.width;
  const auto channelsOf = [&](int first, int channels) {
    return Values<T>(count(pixels, channels), [&](size_t i) {
      const auto pixel = static_cast<int64_t>(i) / channels, channel = static_cast<int64_t>(i) % channels;
      return in.x[pixel * c.channels + first + channel];
    });
  };
  const Values<T> x = channelsOf(0, ofFirst), more = channelsOf(ofFirst, c.moreChannels);

  const int paddedChannels = divideUp(c.channels, pieceSize<T>) * pieceSize<T>;
  const int steps = divideUp(taps * paddedChannels / pieceSize<T>, stepPieces);
  Values<T> packed(count(c.columns, taps, paddedChannels)), y(count(rows, c.columns));
  Values<float> partial(count(c.splits, rows, c.columns)), moments(count(rows / momentRows, 2, c.columns));
  const WeightPacking<T> packing{in.weight.data(), packed.data(), c.columns, taps, c.channels, paddedChannels,
                                 1, int64_t{c.channels} * c.columns, c.columns};
  const Product<T> product{x.data(), packed.data(), in.bias.orNull(c.bias), in.residual.orNull(c.residual), y.data(),
                           partial.orNull(c.splits > 1), moments.orNull(c.moments), rows, c.columns, c.height,
                           c.width, c.channels, paddedChannels, outputHeight, outputWidth, c.kernel, c.stride, c.upsample, c.splits, divideUp(steps, c.splits),
                           c.columns % 2 == 0, more.orNull(c.moreChannels > 0), c.moreChannels};
  const unsigned tiles = static_cast<unsigned>(divideUp(rows, Tile::rows) * divideUp(c.columns, Tile::columns));
  const int64_t terms = int64_t{taps} * c.channels;
  compare<T>(title(c) + " in tiles of " + std::to_string(Tile::rows) + " x " + std::to_string(Tile::columns), y,
             expectedOf(c, in), allowed<T>(terms), [&](uint64_t seed) {
               packed.clear(), partial.clear(), moments.clear();
               const auto elementBlocks = [](size_t size) { return divideUp(static_cast<int>(size), elementThreads); };
               launchEach<WeightPacking<T>>(packing, packWeightKernel<T>, elementBlocks(packed.size()), elementThreads, seed);
               const auto counted =
                   emulator::launch({{tiles, static_cast<unsigned>(c.splits), 1}, Tile::threads, Tile::sharedBytes}, seed,
                                    [&] { productKernel<T, Tile, wholePieces>(product); });
               check(counted.bankConflicts == 0, title(c) + ": bank conflicts");
               check(counted.barriers <= tiles * static_cast<uint64_t>(steps), title(c) + ": steps beyond the last");
               if (c.splits > 1) sumParts(product, seed);
               if (c.moments) checkMoments(title(c), y, moments, c.columns);
             });
}

template <class T>
void testTiles() {
  // Pixels of any number of channels, gathered one by one.
  run<T, SmallTile, false>({1, 1, 1, 1, 1});
  run<T, SmallTile, false>({2, 5, 4, 3, 6, 3});
  run<T, SmallTile, false>({1, 7, 5, 20, 9, 3, 1, 1, false, false});
  run<T, SmallTile, false>({3, 4, 6, 4, 5, 3, 2, 2});
  run<T, SmallTile, false>({1, 2, 3, 2, 3, 5, 1, 1, true, false, 2});
  run<T, SmallTile, false>({2, 4, 8, 3, 7, 3, 1, 1, true, true, 1, true});
  run<T, SmallTile, false>({2, 5, 4, 11, 6, 3, 1, 1, true, true, 1, false, 4});
  run<T, SmallTile, false>({1, 4, 6, 16, 5, 1, 2, 2, true, false, 1, false, 15});
  // Whole pieces: more rows, columns and steps than a tile and its stages have, and fewer.
  run<T, SmallTile, true>({1, 1, 9, 1024, 10});
  run<T, SmallTile, true>({1, 9, 8, 32, 70, 3});
  run<T, SmallTile, true>({3, 1, 11, 200, 65});
  run<T, SmallTile, true>({2, 6, 6, 8, 34, 3, 2, 1, false, true});
  run<T, SmallTile, true>({1, 4, 5, 24, 6, 3, 1, 2, true, false});
  run<T, SmallTile, true>({2, 3, 5, 72, 7, 3, 1, 1, true, true, 3});
  run<T, SmallTile, true>({3, 8, 4, 16, 70, 1, 1, 1, true, true, 1, true});
  run<T, SmallTile, true>({2, 8, 8, 72, 13, 3, 1, 1, true, true, 3, true});
  run<T, SmallTile, true>({1, 1, 9, 136, 10, 1, 1, 1, true, true, 1, false, 96});
  run<T, SmallTile, true>({2, 5, 6, 48, 34, 3, 2, 2, true, false, 2, false, 8});
  run<T, SmallTile, true>({2, 8, 8, 72, 13, 3, 1, 1, true, true, 3, true, 48});
}

template <class T>
void testLargeTiles() {
  run<T, TallTile, true>({1, 10, 15, 40, 70, 3});
  run<T, TallTile, true>({2, 1, 70, 168, 30, 1, 1, 1, true, true, 2});
  run<T, TallTile, true>({1, 16, 10, 8, 70, 3, 1, 1, false, true, 1, true});
  run<T, TallTile, true>({1, 10, 15, 40, 70, 3, 1, 1, true, true, 1, false, 24});
  run<T, LargeTile, true>({1, 10, 15, 40, 130, 3});
  run<T, LargeTile, true>({1, 9, 15, 40, 130, 3, 1, 1, true, true, 1, false, 16});
  run<T, LargeTile, true>({3, 8, 4, 8, 136, 1, 1, 2, true, true, 1, true});
  run<T, LargeTile, true>({3, 6, 9, 8, 150, 3, 2, 2});
}

void testPlans() {
  for (int64_t rows : {1, 63, 64, 256, 4096, 262144}) {
    for (int64_t columns : {1, 4, 64, 128, 320, 1280}) {
      for (int64_t steps : {1, 7, 16, 90, 360}) {
        const std::string what = "plan of " + std::to_string(rows) + " " + std::to_string(columns) + " " + std::to_string(steps);
        const ProductPlan one = planProduct({1, rows, columns, steps, true});
        check(one.splits >= 1 && int64_t{one.splits} * one.stepsPerSplit >= steps, what + " leaves out steps");
        check(int64_t{one.splits - 1} * one.stepsPerSplit < steps, what + " has an empty split");
        check(one.splits == 1 || one.stepsPerSplit >= 8, what + " splits what is short");
        for (int64_t images : {2, 3, 16}) {
          const ProductPlan many = planProduct({images, rows, columns, steps, true});
          check(many.splits == one.splits && many.stepsPerSplit == one.stepsPerSplit, what + " sums otherwise in a batch");
          check(planProduct({images, rows, columns, steps, false}).tile == ProductTile::small64x64, what + " in f32");
        }
      }
    }
  }
  check(planProduct({2, 4096, 320, 90, true}).tile == ProductTile::tall128x64, "320 columns are five of 64");
  check(planProduct({2, 4096, 1280, 40, true}).tile == ProductTile::large128x128, "many columns");
  check(planProduct({1, 64, 1280, 360, true}).splits > 1, "a small image, and deep: its depth is split");
}

}  // namespace

int main() {
  testTiles<Half>();
  testTiles<Brain>();
  testTiles<float>();
  testLargeTiles<Half>();
  testLargeTiles<Brain>();
  testPlans();
  return finish("product");
}
