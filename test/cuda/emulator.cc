// The emulator itself: that words compute what they say, against plain loops, and that what the hardware forbids or leaves
// to chance is found: every faulty kernel here must be caught, by an error or by wrong numbers, within three seeds.
#include <cmath>
#include <cstdio>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "primitives/words.h"

using namespace counterpoint;
using namespace counterpoint::cuda;

namespace {

int failures = 0;
std::mt19937 random32(3);

void check(bool good, const std::string& what) {
  if (good) return;
  ++failures;
  std::printf("FAILED %s\n", what.c_str());
}

constexpr uint64_t seeds = 3;

// `run(seed)` throws an error with `text` in it, for every seed.
void refused(const std::string& what, const std::string& text, const std::function<void(uint64_t)>& run) {
  for (uint64_t seed = 0; seed < seeds; ++seed) {
    try {
      run(seed);
      check(false, what + " was let pass");
    } catch (const emulator::Error& error) {
      check(std::string(error.what()).find(text) != std::string::npos, what + ": " + error.what());
    }
  }
}

// ---- Barriers: each thread reads what another wrote, twice ---------------------------------------------------------

enum class Fault { none, firstBarrier, secondBarrier };

void rotate(float* out, Fault fault) {
  float* shared = sharedMemory<float>();
  const int thread = threadIndex(), next = (thread + 1) % 64;
  float value = static_cast<float>(thread);
  for (int round = 0; round < 3; ++round) {
    shared[thread] = value;
    if (fault != Fault::firstBarrier) synchronize();
    value = shared[next];
    if (fault != Fault::secondBarrier) synchronize();
  }
  out[blockIndex().x * 64 + static_cast<unsigned>(thread)] = value;
}

bool rotates(Fault fault, uint64_t seed) {
  std::vector<float> out(3 * 64, -1.0f);
  emulator::launch({{3, 1, 1}, 64, 64 * sizeof(float)}, seed, [&] { rotate(out.data(), fault); });
  for (int i = 0; i < 3 * 64; ++i) {
    if (out[static_cast<size_t>(i)] != static_cast<float>((i + 3) % 64)) return false;
  }
  return true;
}

void testBarriers() {
  for (uint64_t seed = 0; seed < 20; ++seed) check(rotates(Fault::none, seed), "rotate");
  for (Fault fault : {Fault::firstBarrier, Fault::secondBarrier}) {
    bool caught = false;
    for (uint64_t seed = 0; seed < seeds; ++seed) caught = caught || !rotates(fault, seed);
    check(caught, "a barrier was left out and nothing showed it");
  }
  refused("a barrier in one branch", "barrier", [](uint64_t seed) {
    emulator::launch({{1, 1, 1}, 64, 0}, seed, [] {
      if (threadIndex() < 40) synchronize();
    });
  });
  refused("two warps that wait for different things", "all threads wait", [](uint64_t seed) {
    emulator::launch({{1, 1, 1}, 64, 0}, seed, [] {
      if (threadIndex() < 33) shuffleXor(1.0f, 1);
      synchronize();
    });
  });
}

// ---- Warps -----------------------------------------------------------------------------------------------------------

void testWarps() {
  std::vector<float> out(64);
  emulator::launch({{1, 1, 1}, 64, 0}, 5, [&] {
    float sum = static_cast<float>(threadIndex());
    for (int mask = 16; mask > 0; mask /= 2) sum += shuffleXor(sum, mask);
    out[static_cast<size_t>(threadIndex())] = sum;
  });
  for (size_t i = 0; i < 64; ++i) check(out[i] == (i < 32 ? 496.0f : 1520.0f), "sum over a warp");
  refused("lanes at different words", "meet for", [](uint64_t seed) {
    emulator::launch({{1, 1, 1}, 32, 64}, seed, [] {
      uint32_t registers[4];
      if (laneIndex() % 2) shuffleXor(1.0f, 1);
      else loadMatrices(registers, sharedMemory<uint8_t>());
    });
  });
  refused("half a warp", "whole warps", [](uint64_t seed) { emulator::launch({{1, 1, 1}, 48, 0}, seed, [] {}); });
}

// ---- Conversions -----------------------------------------------------------------------------------------------------

template <class T>
void testConversions(const std::string& name, uint32_t infinity) {
  float last = -1;
  for (uint32_t bits = 0; bits < infinity; ++bits) {
    const float value = toFloat(T{static_cast<uint16_t>(bits)});
    check(value > last, name + " are in order");
    check(round<T>(value).bits == bits && round<T>(-value).bits == (bits | 0x8000), name + " come back");
    if (bits > 0) {
      const float middle = 0.5f * last + 0.5f * value;  // exact; ties go to the even one
      check(round<T>(middle).bits == (bits % 2 ? bits - 1 : bits), name + " ties");
      check(round<T>(std::nextafter(middle, INFINITY)).bits == bits, name + " above the middle");
      check(round<T>(std::nextafter(middle, -INFINITY)).bits == bits - 1, name + " below the middle");
    }
    last = value;
  }
  check(std::isinf(toFloat(T{static_cast<uint16_t>(infinity)})), name + " infinity");
  check(round<T>(INFINITY).bits == infinity && std::isnan(toFloat(round<T>(NAN))), name + " infinity and NaN");
}

// ---- Asynchronous copies: a product of 64 x 16 outputs, two stages deep ------------------------------------------------

enum class CopyFault { none, wait, barrier, lastBarrier };

constexpr int depth = 128, step = 16, rowBytes = 2 * step + 16;  // 16 bytes beside every row keep rows in different banks

// c[64 x 16] = a[64 x depth] b[16 x depth]^T, four warps of 16 rows.
template <class T>
void product(const T* a, const T* b, float* c, CopyFault fault) {
  uint8_t* shared = sharedMemory<uint8_t>();
  constexpr int stageBytes = (64 + 16) * rowBytes;
  const int thread = threadIndex(), lane = laneIndex(), warp = warpIndex();
  const auto fetch = [&](int k) {
    uint8_t* stage = shared + k % 2 * stageBytes;
    for (int i = thread; i < (64 + 16) * 2; i += 128) {
      const int row = i / 2, piece = i % 2;
      const T* from = row < 64 ? a + row * depth : b + (row - 64) * depth;
      copyAsync16(stage + row * rowBytes + 16 * piece, from + k * step + 8 * piece, 16);
    }
    commitCopies();
  };
  float sums[2][4] = {};
  fetch(0);
  for (int k = 0; k < depth / step; ++k) {
    if (k + 1 < depth / step) {
      fetch(k + 1);
      if (fault != CopyFault::wait) waitForCopies<1>();
    } else {
      waitForCopies<0>();
    }
    if (fault != CopyFault::barrier) synchronize();
    const uint8_t* stage = shared + k % 2 * stageBytes;
    uint32_t left[4], right[4];
    loadMatrices(left, stage + (16 * warp + lane % 16) * rowBytes + lane / 16 * 16);
    loadMatrices(right, stage + (64 + lane % 8 + lane / 16 * 8) * rowBytes + lane / 8 % 2 * 16);
    for (int n = 0; n < 2; ++n) {
      const uint32_t columns[2] = {right[2 * n], right[2 * n + 1]};
      multiplyAccumulate<T>(sums[n], left, columns);
    }
    if (fault != CopyFault::lastBarrier) synchronize();
  }
  for (int n = 0; n < 2; ++n) {
    for (int i = 0; i < 4; ++i) {
      c[(16 * warp + lane / 4 + 8 * (i / 2)) * 16 + 8 * n + 2 * (lane % 4) + i % 2] = sums[n][i];
    }
  }
}

template <class T>
double productError(CopyFault fault, uint64_t seed, emulator::Statistics* statistics = nullptr) {
  struct alignas(16) Matrix {
    T values[64 * depth];
  };
  auto a = std::make_unique<Matrix>(), b = std::make_unique<Matrix>();
  std::normal_distribution<float> normal;
  for (auto* matrix : {a.get(), b.get()}) {
    for (T& value : matrix->values) value = round<T>(normal(random32));
  }
  std::vector<float> c(64 * 16, 0.0f);
  const auto counted = emulator::launch({{1, 1, 1}, 128, 2 * (64 + 16) * rowBytes}, seed,
                                        [&] { product(a->values, b->values, c.data(), fault); });
  if (statistics) *statistics = counted;
  double error = 0, norm = 0;
  for (int i = 0; i < 64; ++i) {
    for (int j = 0; j < 16; ++j) {
      double sum = 0;
      for (int k = 0; k < depth; ++k) {
        sum += static_cast<double>(toFloat(a->values[i * depth + k])) * toFloat(b->values[j * depth + k]);
      }
      error += std::pow(c[static_cast<size_t>(i * 16 + j)] - sum, 2), norm += sum * sum;
    }
  }
  return std::isnan(error) ? INFINITY : std::sqrt(error / norm);
}

template <class T>
void testProducts(const std::string& name) {
  for (uint64_t seed = 0; seed < 10; ++seed) {
    emulator::Statistics statistics;
    check(productError<T>(CopyFault::none, seed, &statistics) < 1e-6, "product of " + name);
    check(statistics.bankConflicts == 0, "padded rows lie in different banks");
    check(statistics.barriers == 2 * depth / step, "barriers are counted");
  }
  for (CopyFault fault : {CopyFault::wait, CopyFault::barrier, CopyFault::lastBarrier}) {
    bool caught = false;
    for (uint64_t seed = 0; seed < seeds; ++seed) caught = caught || productError<T>(fault, seed) > 1e-4;
    check(caught, "a wait or barrier of the product of " + name + " was left out and nothing showed it");
  }
}

void testMatrices() {
  // Element (i, j) of matrix m is 64 m + 8 i + j; rows 16 bytes apart lie in different banks, 128 apart in the same.
  for (int rowStride : {16, 128}) {
    std::vector<uint32_t> plain(128), turned(128);
    const size_t bytes = static_cast<size_t>(32 * rowStride);
    const auto statistics = emulator::launch({{1, 1, 1}, 32, bytes}, 1, [&] {
      auto* shared = sharedMemory<uint8_t>();
      for (int j = 0; j < 8; ++j) {
        reinterpret_cast<uint16_t*>(shared + threadIndex() * rowStride)[j] = static_cast<uint16_t>(8 * threadIndex() + j);
      }
      synchronize();
      uint32_t registers[4];
      loadMatrices(registers, shared + threadIndex() * rowStride);
      for (int m = 0; m < 4; ++m) plain[static_cast<size_t>(4 * threadIndex() + m)] = registers[m];
      loadMatricesTransposed(registers, shared + threadIndex() * rowStride);
      for (int m = 0; m < 4; ++m) turned[static_cast<size_t>(4 * threadIndex() + m)] = registers[m];
    });
    check(statistics.bankConflicts == (rowStride == 16 ? 0u : 2 * 4 * 7u), "bank conflicts are counted");
    for (uint32_t lane = 0; lane < 32; ++lane) {
      for (uint32_t m = 0; m < 4; ++m) {
        const uint32_t i = lane / 4, j = 2 * (lane % 4), first = 64 * m + 8 * i + j, second = 64 * m + 8 * j + i;
        check(plain[4 * lane + m] == (first | (first + 1) << 16), "loadMatrices");
        check(turned[4 * lane + m] == (second | (second + 8) << 16), "loadMatricesTransposed");
      }
    }
  }
}

// ---- Rules -----------------------------------------------------------------------------------------------------------

void testRules() {
  alignas(16) static uint8_t source[64] = {};
  const auto copying = [](int to, int from, int present) {
    return [=](uint64_t seed) {
      emulator::launch({{1, 1, 1}, 32, 1024}, seed, [&] {
        copyAsync16(sharedMemory<uint8_t>() + to, source + from, present);
        commitCopies();
        waitForCopies<0>();
      });
    };
  };
  refused("a copy to an odd place", "not a multiple of 16", copying(8, 0, 16));
  refused("a copy beyond shared memory", "beside the shared memory", copying(1016 + 8, 0, 16));
  refused("a copy from an odd place", "off a multiple of 16", copying(0, 4, 16));
  refused("a copy of 20 bytes", "of 20 bytes", copying(0, 0, 20));

  refused("a write behind shared memory", "wrote behind the shared memory", [](uint64_t seed) {
    emulator::launch({{2, 1, 1}, 32, 100}, seed, [] { sharedMemory<uint8_t>()[70 + threadIndex()] = 0; });
  });

  for (size_t i = 0; i < sizeof source; ++i) source[i] = static_cast<uint8_t>(i + 1);
  // Of two copies of a group to one place either may be the last.
  bool differ = false;
  for (uint64_t seed = 0; seed < 10; ++seed) {
    uint8_t last[2] = {};
    emulator::launch({{2, 1, 1}, 32, 16}, seed, [&] {
      if (threadIndex() == 0) {
        copyAsync16(sharedMemory<uint8_t>(), source, 16);
        copyAsync16(sharedMemory<uint8_t>(), source + 16, 16);
        commitCopies();
        waitForCopies<0>();
        last[blockIndex().x] = *sharedMemory<uint8_t>();
      }
    });
    differ = differ || last[0] != last[1];
  }
  check(differ, "copies of a group arrive in any order");

  std::vector<uint8_t> out(32);
  emulator::launch({{1, 1, 1}, 32, 32}, 1, [&] {
    auto* shared = sharedMemory<uint8_t>();
    if (threadIndex() == 0) copyAsync16(shared, source, 5);
    if (threadIndex() == 1) copyAsync16(shared + 16, nullptr, 0);
    commitCopies();
    waitForCopies<0>();
    synchronize();
    out[static_cast<size_t>(threadIndex())] = shared[threadIndex()];
  });
  for (size_t i = 0; i < 32; ++i) check(out[i] == (i < 5 ? i + 1 : 0), "what is not copied is zero");
}

}  // namespace

int main() {
  testBarriers();
  testWarps();
  testConversions<Half>("halves", 0x7c00);
  testConversions<Brain>("brains", 0x7f80);
  testMatrices();
  testProducts<Half>("halves");
  testProducts<Brain>("brains");
  testRules();
  std::printf(failures ? "%d failures\n" : "emulator: all good\n", failures);
  return failures ? 1 : 0;
}
