// Attention without a matrix of probabilities in memory (Dao et al. 2022, "FlashAttention", algorithm 1; the order of loops of
// Dao 2023, "FlashAttention-2"): y_i = sum over j of p_ij v_j, p_i = softmax over visible j of q_i . k_j * scale.
// q, y: [N, queries, heads * width]; k, v: [N, keys, heads * width]. See lib/ops/attention.ts for what is visible.
//
// A block has 64 queries of one head, 16 a warp, and takes keys in blocks. While a block of keys is used, the next arrives.
// For each query it keeps the largest score m, the sum l of exp(score - m), and the sum of exp(score - m) v, and scales both
// sums down when a larger score comes. Probabilities never leave the registers: the accumulators of two products of
// 16 x 8 scores are the left operand of a product with 16 values.
#pragma once
#include <cmath>

#include "primitives/pack.h"
#include "primitives/words.h"

namespace counterpoint::cuda {

template <class T>
struct AttentionProblem {
  const T *q, *k, *v;
  const float* keyMask;  // [N, maskedKeys] or null
  T* y;
  int queries, keys, maskedKeys, heads, width;  // width: of a head
  bool causal;
  float scale;

  DEVICE int channels() const { return heads * width; }
  // Whether key j of image n is there for any query at all.
  DEVICE bool present(int n, int j) const {
    return j < keys && !(keyMask && j < maskedKeys && keyMask[int64_t{n} * maskedKeys + j] == 0.0f);
  }
};

constexpr int flashThreads = 128, flashQueries = 64;

// Shared memory of flashKernel. Rows are 16 bytes longer than they need be, which puts eight of them into different banks.
template <int paddedWidth>
struct FlashMemory {
  static constexpr int keys = paddedWidth <= 80 ? 64 : 32;  // of a block of keys
  static constexpr int rowBytes = 2 * paddedWidth + 16;
  static constexpr int values = keys * rowBytes;                // in a stage, behind the keys
  static constexpr int visible = 2 * keys * rowBytes;           // and the flags behind both
  static constexpr int stageBytes = visible + keys;
  static constexpr int firstStage = flashQueries * rowBytes;    // behind the queries
  static constexpr int bytes = firstStage + 2 * stageBytes;
};

template <class T, int paddedWidth>
class FlashBlock {
 public:
  DEVICE explicit FlashBlock(const AttentionProblem<T>& a)
      : a(a),
        shared(sharedMemory<uint8_t>()),
        image(static_cast<int>(blockIndex().z)),
        firstQuery(static_cast<int>(blockIndex().x) * flashQueries),
        headChannel(static_cast<int>(blockIndex().y) * a.width) {}

  DEVICE void run() {
    fetchQueries();
    fetchKeys(0);
    commitCopies();
    // No query of this block sees a key beyond its last.
    const int keys = a.causal ? least(firstQuery + flashQueries, a.keys) : a.keys;
    const int count = divideUp(keys, Memory::keys);
    for (int i = 0; i < count; ++i) {
      waitForCopies<0>();
      // From here on all see block i, and nobody reads block i - 1, which block i + 1 overwrites.
      synchronize();
      if (i + 1 < count) fetchKeys(i + 1);
      commitCopies();
      score(i);
      normalize();
      accumulate(i);
    }
    store();
  }

 private:
  using Memory = FlashMemory<paddedWidth>;
  static constexpr int scoreTiles = Memory::keys / 8, outputTiles = paddedWidth / 8;

  DEVICE uint8_t* stageOf(int block) const { return shared + Memory::firstStage + block % 2 * Memory::stageBytes; }

  // One piece of a row of this head, or zeros.
  DEVICE void copyPiece(uint8_t* rows, int row, int piece, const T* tensor, int64_t token, bool present) {
    const bool copied = present && piece * 8 < a.width;
    const T* from = copied ? tensor + token * a.channels() + headChannel + 8 * piece : tensor;
    copyAsync16(rows + row * Memory::rowBytes + 16 * piece, from, copied ? 16 : 0);
  }

  DEVICE void fetchQueries() {
    for (int i = threadIndex(); i < flashQueries * outputTiles; i += flashThreads) {
      const int row = i / outputTiles, query = firstQuery + row;
      copyPiece(shared, row, i % outputTiles, a.q, int64_t{image} * a.queries + query, query < a.queries);
    }
  }

  // Absent keys and their values become zeros, whatever they hold.
  DEVICE void fetchKeys(int block) {
    uint8_t* stage = stageOf(block);
    for (int i = threadIndex(); i < Memory::keys * outputTiles; i += flashThreads) {
      const int row = i / outputTiles, piece = i % outputTiles, key = block * Memory::keys + row;
      const bool present = a.present(image, key);
      copyPiece(stage, row, piece, a.k, int64_t{image} * a.keys + key, present);
      copyPiece(stage + Memory::values, row, piece, a.v, int64_t{image} * a.keys + key, present);
      if (piece == 0) stage[Memory::visible + row] = present;
    }
  }

  DEVICE void score(int block) {
    const uint8_t* stage = stageOf(block);
    const int lane = laneIndex();
    UNROLL for (int n = 0; n < scoreTiles; ++n) {
      UNROLL for (int i = 0; i < 4; ++i) scores[n][i] = 0;
    }
    UNROLL for (int depth = 0; depth < paddedWidth / 16; ++depth) {
      uint32_t query[4];
      loadMatrices(query, shared + (16 * warpIndex() + lane % 16) * Memory::rowBytes + 32 * depth + lane / 16 * 16);
      UNROLL for (int n = 0; n < scoreTiles; n += 2) {
        uint32_t key[4];
        loadMatrices(key, stage + (8 * n + lane % 8 + lane / 16 * 8) * Memory::rowBytes + 32 * depth + lane / 8 % 2 * 16);
        const uint32_t left[2] = {key[0], key[1]}, right[2] = {key[2], key[3]};
        multiplyAccumulate<T>(scores[n], query, left);
        multiplyAccumulate<T>(scores[n + 1], query, right);
      }
    }
    // In powers of two, which exp2 takes back.
    const float scale = a.scale * 1.4426950408889634f;
    const uint8_t* visible = stage + Memory::visible + 2 * (lane % 4);
    const int key = block * Memory::keys + 2 * (lane % 4), query = firstQuery + 16 * warpIndex() + lane / 4;
    UNROLL for (int n = 0; n < scoreTiles; ++n) {
      UNROLL for (int i = 0; i < 4; ++i) {
        const bool seen = visible[8 * n + i % 2] && !(a.causal && key + 8 * n + i % 2 > query + 8 * (i / 2));
        scores[n][i] = seen ? scores[n][i] * scale : -INFINITY;
      }
    }
  }

  // Scores to exp(score - largest), with all sums so far on the same scale.
  DEVICE void normalize() {
    UNROLL for (int half = 0; half < 2; ++half) {
      float most = largest[half];
      UNROLL for (int n = 0; n < scoreTiles; ++n) {
        most = fmaxf(most, fmaxf(scores[n][2 * half], scores[n][2 * half + 1]));
      }
      most = fmaxf(most, shuffleXor(most, 1));
      most = fmaxf(most, shuffleXor(most, 2));
      // A query that has seen no key yet: exp2(-infinity - 0) is 0, where -infinity - -infinity would be NaN.
      const float base = most == -INFINITY ? 0.0f : most, shrink = exp2f(largest[half] - base);
      largest[half] = most;
      float sum = 0;
      UNROLL for (int n = 0; n < scoreTiles; ++n) {
        UNROLL for (int i = 2 * half; i < 2 * half + 2; ++i) {
          scores[n][i] = exp2f(scores[n][i] - base);
          sum += scores[n][i];
        }
      }
      total[half] = total[half] * shrink + sum;
      UNROLL for (int n = 0; n < outputTiles; ++n) {
        UNROLL for (int i = 2 * half; i < 2 * half + 2; ++i) outputs[n][i] *= shrink;
      }
    }
  }

  DEVICE void accumulate(int block) {
    const uint8_t* values = stageOf(block) + Memory::values;
    const int lane = laneIndex();
    UNROLL for (int n = 0; n < scoreTiles; n += 2) {
      const uint32_t p[4] = {
          roundPair<T>(scores[n][0], scores[n][1]), roundPair<T>(scores[n][2], scores[n][3]),
          roundPair<T>(scores[n + 1][0], scores[n + 1][1]), roundPair<T>(scores[n + 1][2], scores[n + 1][3])};
      UNROLL for (int c = 0; c < outputTiles; c += 2) {
        uint32_t value[4];
        loadMatricesTransposed(value, values + (8 * n + lane % 16) * Memory::rowBytes + 16 * c + lane / 16 * 16);
        const uint32_t left[2] = {value[0], value[1]}, right[2] = {value[2], value[3]};
        multiplyAccumulate<T>(outputs[c], p, left);
        multiplyAccumulate<T>(outputs[c + 1], p, right);
      }
    }
  }

  DEVICE void store() {
    UNROLL for (int half = 0; half < 2; ++half) {
      float sum = total[half];
      sum += shuffleXor(sum, 1);
      sum += shuffleXor(sum, 2);
      const float factor = sum > 0 ? 1.0f / sum : 0.0f;  // zeros for a query that sees no key
      const int query = firstQuery + 16 * warpIndex() + laneIndex() / 4 + 8 * half;
      if (query >= a.queries) continue;
      T* to = a.y + (int64_t{image} * a.queries + query) * a.channels() + headChannel;
      UNROLL for (int n = 0; n < outputTiles; ++n) {
        const int c = 8 * n + 2 * (laneIndex() % 4);
        const float first = outputs[n][2 * half] * factor, second = outputs[n][2 * half + 1] * factor;
        if (c < a.width) writePack(to + c, Pack<T, 2>{{round<T>(first), round<T>(second)}});
      }
    }
  }

  const AttentionProblem<T>& a;
  uint8_t* const shared;
  const int image, firstQuery, headChannel;
  // Of lane l, rows l / 4 and l / 4 + 8 of the warp's queries: see multiplyAccumulate in words.h.
  float scores[scoreTiles][4], outputs[outputTiles][4] = {};
  float largest[2] = {-INFINITY, -INFINITY}, total[2] = {};
};

// Grid: blocks of queries, heads, images. Heads of a multiple of 8 channels, up to `paddedWidth`, a multiple of 16.
template <class T, int paddedWidth>
KERNEL(flashThreads)
void flashKernel(const AttentionProblem<T> a) {
  FlashBlock<T, paddedWidth>(a).run();
}

}  // namespace counterpoint::cuda
