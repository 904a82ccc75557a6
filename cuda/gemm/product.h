// Convolutions and linear layers as one product of matrices (implicit GEMM: Chetlur et al. 2014, "cuDNN", section 3):
//
//   y[r, o] = bias[o] + residual[r, o] + sum over taps t and channels c of u[pixel of r and t, c] * weight[o, t, c]
//
// Row r is an output pixel, column o an output channel; u is x enlarged by repeating pixels, and zero outside the image.
// Images are NHWC; weights [columns, taps, paddedChannels] with zeros from `channels` on, so that every piece of 16 bytes
// belongs to one tap. A linear layer is a convolution of one tap over an image one pixel wide.
//
// The channels of x may lie in two tensors, the first ones of every pixel in one and the others in the other.
//
// A block computes a tile of y. The depth, taps times channels, is walked in steps of four pieces a row, which arrive in
// shared memory `stages` - 1 steps ahead. Each output sums its products in the order of the depth, whatever the tile; where
// the depth is split between blocks, the parts are written apart and added in their order by a second kernel. For a norm
// behind it, a tile gives the moments of what it stores (see norms/group-norm.h), which saves that one a trip through memory.
#pragma once
#include "primitives/pack.h"
#include "primitives/reduce.h"
#include "primitives/words.h"

namespace counterpoint::cuda {

// How many rows of y moments are of: what every warp has whole, in all tiles alike.
constexpr int momentRows = 32;

template <class T>
struct Product {
  const T *x, *weight;
  const float* bias;  // [columns] or null
  const T* residual;  // [rows, columns] or null
  T* y;               // [rows, columns]
  float* partial;     // [splits, rows, columns], or null: the depth is whole
  float* moments;     // [rows / momentRows, 2, columns], or null; rows are whole blocks then
  int rows, columns;
  int height, width, channels, paddedChannels;  // of x, both sources
  int outputHeight, outputWidth;
  int kernel, stride, upsample;  // upsample is 1 or 2
  int splits, stepsPerSplit;
  bool pairs;  // two neighbouring columns of y may be written at once
  const T* more = nullptr;  // the second source of x, with the last of the channels
  int moreChannels = 0;
};

// Pieces of 16 bytes that a step takes of a row, and the bytes between rows in shared memory: 16 more than a row has, which
// puts eight rows into different banks.
constexpr int stepPieces = 4, stepRowBytes = 16 * stepPieces + 16;

template <int blockRows, int blockColumns, int rowsOfWarp, int columnsOfWarp, int stageCount>
struct Tile {
  static constexpr int rows = blockRows, columns = blockColumns;
  static constexpr int warpRows = rowsOfWarp, warpColumns = columnsOfWarp;
  static constexpr int stages = stageCount;
  static constexpr int warpsAcross = columns / warpColumns;
  static constexpr int threads = 32 * warpsAcross * (rows / warpRows);
  static constexpr int stageBytes = (rows + columns) * stepRowBytes;
  static constexpr int sharedBytes = stages * stageBytes;
};

// The tiles: see tuning/product.h.
using SmallTile = Tile<64, 64, 32, 32, 4>;
using TallTile = Tile<128, 64, 64, 32, 4>;
using LargeTile = Tile<128, 128, 64, 32, 4>;

template <class T>
DEVICE int depthPieces(const Product<T>& p) {
  return p.kernel * p.kernel * (p.paddedChannels / pieceSize<T>);
}

// Brings steps of x and weight to shared memory. A thread has one piece of the step, in rows `rowsApart` apart.
template <class T, class Tile, bool wholePieces>
class Fetcher {
 public:
  DEVICE Fetcher(const Product<T>& p, int firstRow, int firstColumn, int firstStep, int endStep)
      : p(p),
        end(least(endStep * stepPieces, depthPieces(p))),
        piece(firstStep * stepPieces + threadIndex() % stepPieces) {
    const int piecesPerTap = p.paddedChannels / pieceSize<T>, tap = piece / piecesPerTap;
    channel = piece % piecesPerTap * pieceSize<T>, tapRow = tap / p.kernel, tapColumn = tap % p.kernel;
    const int padding = (p.kernel - 1) / 2, pixels = p.outputHeight * p.outputWidth;
    UNROLL for (int i = 0; i < pixelsPerThread; ++i) {
      const int row = firstRow + threadIndex() / stepPieces + i * rowsApart, pixel = row % pixels;
      images[i] = row / pixels * p.height * p.width;
      // Rows below the last are outside of the image at every tap.
      tops[i] = row < p.rows ? pixel / p.outputWidth * p.stride - padding : outside;
      lefts[i] = pixel % p.outputWidth * p.stride - padding;
    }
    column = firstColumn + threadIndex() / stepPieces;
  }

  // Copies the next step, zeros after the last, and moves on.
  DEVICE void next(uint8_t* stage) {
    uint8_t* target = stage + threadIndex() / stepPieces * stepRowBytes + 16 * (threadIndex() % stepPieces);
    const bool within = piece < end;
    const int ofFirst = p.channels - p.moreChannels;
    const bool second = wholePieces && channel >= ofFirst;
    const Source source{second ? p.more : p.x, second ? p.moreChannels : ofFirst, second ? channel - ofFirst : channel};
    UNROLL for (int i = 0; i < pixelsPerThread; ++i) {
      copyPixel(target + i * rowsApart * stepRowBytes, images[i], tops[i] + tapRow, lefts[i] + tapColumn, source, within);
    }
    target += Tile::rows * stepRowBytes;
    UNROLL for (int i = 0; i < columnsPerThread; ++i) {
      const int o = column + i * rowsApart;
      const bool present = within && o < p.columns;
      const T* from = present ? p.weight + (int64_t{o} * depthPieces(p) + piece) * pieceSize<T> : p.weight;
      copyAsync16(target + i * rowsApart * stepRowBytes, from, present ? 16 : 0);
    }
    advance();
  }

 private:
  static constexpr int outside = -(1 << 30);
  static constexpr int rowsApart = Tile::threads / stepPieces;
  static constexpr int pixelsPerThread = Tile::rows / rowsApart, columnsPerThread = Tile::columns / rowsApart;

  // Where a piece lies in every pixel.
  struct Source {
    const T* data;
    int channels, channel;
  };

  DEVICE void copyPixel(uint8_t* target, int image, int row, int left, const Source& source, bool within) {
    const bool present = within && row >= 0 && row < p.height * p.upsample && left >= 0 && left < p.width * p.upsample;
    const int shift = p.upsample - 1;
    const int64_t pixel = present ? image + (row >> shift) * p.width + (left >> shift) : 0;
    if constexpr (wholePieces) {
      const T* from = present ? source.data + pixel * source.channels + source.channel : p.x;
      copyAsync16(target, from, present ? 16 : 0);
    } else {
      // Pixels begin anywhere, have fewer channels than pieces have room for, and a piece may be of both sources.
      Pack<T, pieceSize<T>> values;
      UNROLL for (int i = 0; i < pieceSize<T>; ++i) {
        const int at = channel + i, beyond = at - source.channels;
        values.values[i] = round<T>(0.0f);
        if (!present || at >= p.channels) continue;
        values.values[i] = beyond < 0 ? p.x[pixel * source.channels + at] : p.more[pixel * p.moreChannels + beyond];
      }
      writePack(reinterpret_cast<T*>(target), values);
    }
  }

  DEVICE void advance() {
    piece += stepPieces;
    channel += stepPieces * pieceSize<T>;
    while (channel >= p.paddedChannels) {
      channel -= p.paddedChannels;
      if (++tapColumn == p.kernel) tapColumn = 0, ++tapRow;
    }
  }

  const Product<T>& p;
  const int end;
  int piece, channel, tapRow, tapColumn, column;
  int images[pixelsPerThread];  // the first pixel of each
  int tops[pixelsPerThread], lefts[pixelsPerThread];
};

// What a warp has summed: of each 16 x 8 outputs the four that words.h says of multiplyAccumulate.
template <class Tile>
struct Sums {
  float of[Tile::warpRows / 16][Tile::warpColumns / 8][4] = {};
};

// Adds a step's products. `rows` and `columns` are the warp's in the stage.
template <class T, class Tile>
DEVICE void multiplyStep(const uint8_t* rows, const uint8_t* columns, Sums<Tile>& sums) {
  constexpr int high = Tile::warpRows / 16, wide = Tile::warpColumns / 8;
  const int lane = laneIndex();
  UNROLL for (int half = 0; half < 2; ++half) {
    uint32_t a[high][4];
    UNROLL for (int i = 0; i < high; ++i) {
      loadMatrices(a[i], rows + (16 * i + lane % 16) * stepRowBytes + 32 * half + lane / 16 * 16);
    }
    UNROLL for (int j = 0; j < wide; j += 2) {
      uint32_t b[4];
      loadMatrices(b, columns + (8 * j + lane % 8 + lane / 16 * 8) * stepRowBytes + 32 * half + lane / 8 % 2 * 16);
      const uint32_t left[2] = {b[0], b[1]}, right[2] = {b[2], b[3]};
      UNROLL for (int i = 0; i < high; ++i) {
        multiplyAccumulate<T>(sums.of[i][j], a[i], left);
        multiplyAccumulate<T>(sums.of[i][j + 1], a[i], right);
      }
    }
  }
}

// The same in f32, without tensor cores.
template <class Tile>
DEVICE void multiplyStepF32(const uint8_t* rows, const uint8_t* columns, Sums<Tile>& sums) {
  constexpr int high = Tile::warpRows / 16, wide = Tile::warpColumns / 8;
  const int group = laneIndex() / 4, pair = 2 * (laneIndex() % 4);
  UNROLL for (int piece = 0; piece < stepPieces; ++piece) {
    Pack<float, 4> a[high][2];
    UNROLL for (int i = 0; i < 2 * high; ++i) {
      a[i / 2][i % 2] = readPack<4>(reinterpret_cast<const float*>(rows + (8 * i + group) * stepRowBytes + 16 * piece));
    }
    UNROLL for (int j = 0; j < 2 * wide; ++j) {
      const uint8_t* at = columns + (8 * (j / 2) + pair + j % 2) * stepRowBytes + 16 * piece;
      const Pack<float, 4> b = readPack<4>(reinterpret_cast<const float*>(at));
      UNROLL for (int i = 0; i < 2 * high; ++i) {
        float& sum = sums.of[i / 2][j / 2][2 * (i % 2) + j % 2];
        UNROLL for (int k = 0; k < 4; ++k) sum = multiplyAdd(a[i / 2][i % 2].values[k], b.values[k], sum);
      }
    }
  }
}

// Over the lanes that have the same columns of an accumulator.
DEVICE float sumOverRows(float value) {
  UNROLL for (int mask = 4; mask < 32; mask *= 2) value += shuffleXor(value, mask);
  return value;
}

template <class T>
DEVICE float finished(const Product<T>& p, int64_t at, int column, float sum) {
  if (p.bias) sum += p.bias[column];
  if (p.residual) sum += toFloat(p.residual[at]);
  return sum;
}

// Writes the sums of two neighbouring columns, the first of which is even; what it stores in y, to `stored` too.
template <class T>
DEVICE void storePair(const Product<T>& p, int row, int column, const float* sums, float (&stored)[2]) {
  const int64_t at = int64_t{row} * p.columns + column;
  const bool both = column + 1 < p.columns;
  if (p.partial) {
    float* part = p.partial + int64_t{blockIndex().y} * p.rows * p.columns;
    part[at] = sums[0];
    if (both) part[at + 1] = sums[1];
    return;
  }
  Pack<T, 2> pair{{round<T>(finished(p, at, column, sums[0])), round<T>(0.0f)}};
  if (both) pair.values[1] = round<T>(finished(p, at + 1, column + 1, sums[1]));
  if (p.pairs) {
    writePack(p.y + at, pair);
  } else {
    p.y[at] = pair.values[0];
    if (both) p.y[at + 1] = pair.values[1];
  }
  stored[0] = toFloat(pair.values[0]), stored[1] = toFloat(pair.values[1]);
}

// The means of two neighbouring columns over the rows from `row` on, and the squared deviations from them. Of lane l,
// `values` are rows l / 4, and those 8, 16 and 24 below it; all lanes take part.
template <class T>
DEVICE void storeMoments(const Product<T>& p, int row, int column, const float (&values)[4][2]) {
  UNROLL for (int k = 0; k < 2; ++k) {
    float sum = 0, squares = 0;
    UNROLL for (int i = 0; i < 4; ++i) sum += values[i][k];
    const float mean = sumOverRows(sum) / momentRows;
    UNROLL for (int i = 0; i < 4; ++i) squares += (values[i][k] - mean) * (values[i][k] - mean);
    squares = sumOverRows(squares);
    if (laneIndex() >= 4 || column + k >= p.columns) continue;
    float* out = p.moments + int64_t{row / momentRows} * 2 * p.columns + column + k;
    out[0] = mean, out[p.columns] = squares;
  }
}

// Grid: tiles of y, those of the same rows side by side; splits of the depth. `wholePieces`: channels are whole pieces.
template <class T, class Tile, bool wholePieces>
KERNEL(Tile::threads)
void productKernel(const Product<T> p) {
  uint8_t* shared = sharedMemory<uint8_t>();
  const int tile = static_cast<int>(blockIndex().x), tilesAcross = divideUp(p.columns, Tile::columns);
  const int firstRow = tile / tilesAcross * Tile::rows, firstColumn = tile % tilesAcross * Tile::columns;
  const int warpRow = warpIndex() / Tile::warpsAcross * Tile::warpRows;
  const int warpColumn = warpIndex() % Tile::warpsAcross * Tile::warpColumns;

  const int firstStep = static_cast<int>(blockIndex().y) * p.stepsPerSplit;
  const int endStep = least(firstStep + p.stepsPerSplit, divideUp(depthPieces(p), stepPieces));
  Fetcher<T, Tile, wholePieces> fetcher(p, firstRow, firstColumn, firstStep, endStep);
  UNROLL for (int stage = 0; stage < Tile::stages - 1; ++stage) {
    fetcher.next(shared + stage * Tile::stageBytes);
    commitCopies();
  }
  Sums<Tile> sums;
  for (int step = 0; step < endStep - firstStep; ++step) {
    waitForCopies<Tile::stages - 2>();
    // From here on all see this step's pieces, and nobody reads the last step's, which the next copies overwrite.
    synchronize();
    fetcher.next(shared + (step + Tile::stages - 1) % Tile::stages * Tile::stageBytes);
    commitCopies();
    const uint8_t* stage = shared + step % Tile::stages * Tile::stageBytes;
    const uint8_t* rows = stage + warpRow * stepRowBytes;
    const uint8_t* columns = stage + (Tile::rows + warpColumn) * stepRowBytes;
    if constexpr (sizeof(T) == sizeof(float)) multiplyStepF32<Tile>(rows, columns, sums);
    else multiplyStep<T, Tile>(rows, columns, sums);
  }

  const int column = firstColumn + warpColumn + 2 * (laneIndex() % 4);
  UNROLL for (int part = 0; part < Tile::warpRows / momentRows; ++part) {
    const int row = firstRow + warpRow + part * momentRows;
    UNROLL for (int j = 0; j < Tile::warpColumns / 8; ++j) {
      float stored[4][2] = {};
      UNROLL for (int i = 0; i < 4; ++i) {
        const int at = row + 8 * i + laneIndex() / 4;
        const float* pair = sums.of[2 * part + i / 2][j] + 2 * (i % 2);
        if (at < p.rows && column + 8 * j < p.columns) storePair(p, at, column + 8 * j, pair, stored[i]);
      }
      if (p.moments && !p.partial && row < p.rows) storeMoments(p, row, column + 8 * j, stored);
    }
  }
}

constexpr int elementThreads = 256;

template <class T>
DEVICE float sumOfParts(const Product<T>& p, int64_t at) {
  const int64_t size = int64_t{p.rows} * p.columns;
  float sum = 0;
  for (int split = 0; split < p.splits; ++split) sum += p.partial[split * size + at];
  return sum;
}

// y from the parts of a split depth. One thread an output.
template <class T>
KERNEL(elementThreads)
void sumPartsKernel(const Product<T> p) {
  const int64_t at = int64_t{blockIndex().x} * elementThreads + threadIndex(), size = int64_t{p.rows} * p.columns;
  if (at >= size) return;
  p.y[at] = round<T>(finished(p, at, static_cast<int>(at % p.columns), sumOfParts(p, at)));
}

constexpr int columnsPerBlock = elementThreads / 32;

// The same with moments: a warp has momentRows rows of one column. Grid: blocks of rows; of columns.
template <class T>
KERNEL(elementThreads)
void sumPartsWithMomentsKernel(const Product<T> p) {
  static_assert(momentRows == 32);
  const int row = static_cast<int>(blockIndex().x) * momentRows + laneIndex();
  const int column = static_cast<int>(blockIndex().y) * columnsPerBlock + warpIndex();
  if (column >= p.columns) return;
  const int64_t at = int64_t{row} * p.columns + column;
  const T y = round<T>(finished(p, at, column, sumOfParts(p, at)));
  p.y[at] = y;
  const float mean = sumOverWarp(toFloat(y)) / momentRows, deviation = toFloat(y) - mean;
  const float squares = sumOverWarp(deviation * deviation);
  if (laneIndex() != 0) return;
  float* out = p.moments + int64_t{blockIndex().x} * 2 * p.columns + column;
  out[0] = mean, out[p.columns] = squares;
}

// Weights as they stand in a program, by the distance of neighbours in each dimension, and as productKernel reads them.
template <class T>
struct WeightPacking {
  const T* weight;
  T* packed;  // [columns, taps, paddedChannels]
  int columns, taps, channels, paddedChannels;
  int64_t columnStride, tapStride, channelStride;
};

// One thread an element of `packed`.
template <class T>
KERNEL(elementThreads)
void packWeightKernel(const WeightPacking<T> w) {
  const int64_t at = int64_t{blockIndex().x} * elementThreads + threadIndex();
  if (at >= int64_t{w.columns} * w.taps * w.paddedChannels) return;
  const auto channel = static_cast<int>(at % w.paddedChannels), tap = static_cast<int>(at / w.paddedChannels % w.taps);
  const int64_t column = at / w.paddedChannels / w.taps;
  const T* from = w.weight + column * w.columnStride + tap * w.tapStride + channel * w.channelStride;
  w.packed[at] = channel < w.channels ? *from : round<T>(0.0f);
}

}  // namespace counterpoint::cuda
