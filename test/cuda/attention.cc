// Attention, for all widths that have a kernel of their own and some that have none, against loops in f64.
#include <algorithm>

#include "attention/plain.h"
#include "kernel-case.h"

using namespace counterpoint;
using namespace counterpoint::cuda;

namespace {

struct Case {
  int images, queries, keys, heads, width;
  int maskedKeys = 0;
  bool causal = false;
};

// Which keys are there: of those that a mask covers every third, of the second image none.
bool isPresent(const Case& c, int n, int j) { return j >= c.maskedKeys || (n != 1 && j % 3 == 1); }

template <class T>
std::vector<double> expectedOf(const Case& c, const Values<T>& q, const Values<T>& k, const Values<T>& v) {
  const int channels = c.heads * c.width;
  std::vector<double> y(q.size(), 0.0);
  for (int n = 0; n < c.images; ++n) {
    for (int i = 0; i < c.queries; ++i) {
      for (int head = 0; head < c.heads; ++head) {
        const int64_t query = (int64_t{n} * c.queries + i) * channels + head * c.width;
        const auto key = [&](int j) { return (int64_t{n} * c.keys + j) * channels + head * c.width; };
        std::vector<double> scores(static_cast<size_t>(c.keys), -INFINITY);
        double largest = -INFINITY, total = 0;
        for (int j = 0; j < c.keys; ++j) {
          if (!isPresent(c, n, j) || (c.causal && j > i)) continue;
          double sum = 0;
          for (int l = 0; l < c.width; ++l) sum += q[query + l] * k[key(j) + l];
          scores[static_cast<size_t>(j)] = sum / std::sqrt(c.width);
          largest = std::max(largest, sum / std::sqrt(c.width));
        }
        if (largest == -INFINITY) continue;
        for (double& score : scores) total += score = std::exp(score - largest);
        for (int j = 0; j < c.keys; ++j) {
          const double p = scores[static_cast<size_t>(j)] / total;
          for (int l = 0; l < c.width && p > 0; ++l) y[static_cast<size_t>(query + l)] += p * v[key(j) + l];
        }
      }
    }
  }
  return y;
}

// How a kernel walks: a block's queries, and the barriers for each so many keys.
struct Walk {
  int queries, keys, barriers;
};

// Where no query is shown keys that only later ones see, and none beyond the last.
uint64_t mostBarriers(const Case& c, const Walk& walk) {
  int rounds = 0;
  for (int first = 0; first < c.queries; first += walk.queries) {
    rounds += divideUp(c.causal ? std::min(first + walk.queries, c.keys) : c.keys, walk.keys);
  }
  return static_cast<uint64_t>(rounds * walk.barriers * c.heads * c.images);
}

template <class T>
void run(const Case& c, void (*kernel)(AttentionProblem<T>), const Walk& walk, int threads, size_t sharedBytes) {
  const int channels = c.heads * c.width;
  const auto queries = normals<T>(static_cast<size_t>(c.images * c.queries * channels));
  // Absent keys hold no numbers.
  const auto keyValue = [&](size_t i) {
    const int token = static_cast<int>(i) / channels;
    return isPresent(c, token / c.keys, token % c.keys) ? normal() : NAN;
  };
  const size_t size = static_cast<size_t>(c.images * c.keys * channels);
  const Values<T> keys(size, keyValue), values(size, keyValue);
  const Values<float> mask(static_cast<size_t>(c.images * c.maskedKeys), [&](size_t i) {
    return isPresent(c, static_cast<int>(i) / c.maskedKeys, static_cast<int>(i) % c.maskedKeys) ? 1.0 : 0.0;
  });
  Values<T> y(queries.size());
  const AttentionProblem<T> problem{queries.data(), keys.data(), values.data(), mask.orNull(c.maskedKeys > 0), y.data(),
                                    c.queries, c.keys, c.maskedKeys, c.heads, c.width, c.causal,
                                    static_cast<float>(1 / std::sqrt(c.width))};
  const emulator::Coordinates grid{static_cast<unsigned>(divideUp(c.queries, walk.queries) * c.heads * c.images), 1, 1};
  std::string what = "attention";
  for (int number : {c.images, c.queries, c.keys, c.heads, c.width, c.maskedKeys, static_cast<int>(c.causal)}) {
    what += " " + std::to_string(number);
  }
  compare<T>(what, y, expectedOf(c, queries, keys, values), allowed<T>(c.keys),
             [&](uint64_t seed) {
               const auto counted = emulator::launch({grid, threads, sharedBytes}, seed, [&] { kernel(problem); });
               check(counted.bankConflicts == 0, what + ": bank conflicts");
               check(counted.barriers <= mostBarriers(c, walk), what + ": rounds without keys");
             });
}

template <class T, int paddedWidth>
void runFlash(const Case& c) {
  using Memory = FlashMemory<paddedWidth>;
  run<T>(c, flashKernel<T, paddedWidth>, {flashQueries, Memory::keys, 1}, flashThreads, Memory::bytes);
}

template <class T>
void runPlain(const Case& c) {
  const int barriers = 2 * divideUp(c.width, 32 * plainChannels);
  run<T>(c, plainAttentionKernel<T>, {plainQueries, 32, barriers}, plainThreads, plainThreads * sizeof(float));
}

template <class T>
void testFlash() {
  runFlash<T, 48>({1, 1, 1, 1, 8});
  runFlash<T, 48>({2, 67, 200, 2, 40, 131});
  runFlash<T, 48>({2, 40, 40, 2, 24, 30, true});
  runFlash<T, 48>({1, 150, 70, 1, 48, 0, true});
  runFlash<T, 64>({1, 64, 64, 3, 64});
  runFlash<T, 64>({3, 33, 77, 2, 56, 5});
  runFlash<T, 80>({2, 65, 129, 1, 80, 129});
  runFlash<T, 80>({1, 20, 9, 2, 72, 0, true});
  runFlash<T, 128>({1, 70, 100, 2, 128, 33});
  runFlash<T, 128>({2, 10, 31, 1, 88, 20});
  runFlash<T, 160>({1, 65, 97, 2, 160, 0, true});
  runFlash<T, 160>({2, 3, 5, 1, 136, 4});
}

template <class T>
void testPlain() {
  runPlain<T>({1, 1, 1, 1, 1});
  runPlain<T>({2, 5, 70, 2, 3, 40});
  runPlain<T>({2, 9, 9, 3, 11, 6, true});
  runPlain<T>({1, 6, 40, 1, 290, 7});
  runPlain<T>({1, 2, 64, 1, 256});
  runPlain<T>({1, 40, 5, 1, 4, 0, true});
}

}  // namespace

int main() {
  testFlash<Half>();
  testFlash<Brain>();
  testPlain<Half>();
  testPlain<Brain>();
  testPlain<float>();
  return finish("attention");
}
