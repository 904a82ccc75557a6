// The words' twins, for the host's compiler: see primitives/words.h.
#pragma once
#include <cmath>
#include <cstdint>
#include <cstring>

#include "emulator/block.h"

#define KERNEL(threads)
#define DEVICE inline
#define UNROLL

namespace counterpoint::cuda {

using Index = emulator::Coordinates;

DEVICE int threadIndex() { return emulator::Block::current().thread(); }
DEVICE int warpIndex() { return threadIndex() / emulator::warpSize; }
DEVICE int laneIndex() { return threadIndex() % emulator::warpSize; }
DEVICE Index blockIndex() { return emulator::Block::current().index(); }
DEVICE Index gridSize() { return emulator::Block::current().launched().grid; }

template <class T>
DEVICE T* sharedMemory() {
  return reinterpret_cast<T*>(emulator::Block::current().shared());
}

DEVICE void synchronize() { emulator::Block::current().barrier(); }

DEVICE float multiplyAdd(float a, float b, float c) { return a * b + c; }

struct Half {
  uint16_t bits;
};
struct Brain {
  uint16_t bits;
};

DEVICE float toFloat(float x) { return x; }
DEVICE float toFloat(Brain x) {
  const uint32_t bits = uint32_t{x.bits} << 16;
  float value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}
DEVICE float toFloat(Half x) {
  // The exponent's bias grows from 15 to 127 by a product, which makes numbers of subnormal ones too.
  const uint32_t size = x.bits & 0x7fffu, bits = size << 13 | (size >= 0x7c00 ? 0x7f800000u : 0);
  float value;
  std::memcpy(&value, &bits, sizeof value);
  if (size < 0x7c00) value *= 0x1p112f;
  return x.bits >> 15 ? -value : value;
}

template <class T>
T round(float x);
template <>
DEVICE float round<float>(float x) {
  return x;
}
template <>
DEVICE Brain round<Brain>(float x) {
  uint32_t bits;
  std::memcpy(&bits, &x, sizeof bits);
  if (std::isnan(x)) return {0x7fff};
  return {static_cast<uint16_t>((bits + 0x7fff + (bits >> 16 & 1)) >> 16)};
}
template <>
DEVICE Half round<Half>(float x) {
  const uint16_t sign = std::signbit(x) ? 0x8000 : 0;
  if (std::isnan(x)) return {0x7fff};
  const float size = std::fabs(x);
  if (size >= 65520.0f) return {static_cast<uint16_t>(sign | 0x7c00)};
  int exponent = 0;
  std::frexp(size, &exponent);  // size = m 2^exponent, m in [1/2, 1)
  const int unit = std::max(exponent - 11, -24);  // of the last place
  const auto mantissa = static_cast<uint32_t>(std::nearbyint(std::ldexp(size, -unit)));
  // A mantissa that was rounded up to 2048 carries into the exponent by itself.
  const uint32_t biased = mantissa >= 1024 ? static_cast<uint32_t>(unit + 24) << 10 : 0;
  return {static_cast<uint16_t>(sign | (biased + mantissa))};
}

template <class T>
uint32_t roundPair(float first, float second) {
  return round<T>(first).bits | uint32_t{round<T>(second).bits} << 16;
}

DEVICE float shuffleXor(float value, int mask) {
  struct Slot {
    float value;
    int mask;
    float result;
  } slot{value, mask, 0};
  emulator::Block::current().together("shuffleXor", &slot, [](void* const* slots) {
    for (int lane = 0; lane < emulator::warpSize; ++lane) {
      auto& own = *static_cast<Slot*>(slots[lane]);
      own.result = static_cast<Slot*>(slots[(lane ^ own.mask) % emulator::warpSize])->value;
    }
  });
  return slot.result;
}

DEVICE void copyAsync16(void* shared, const void* global, int present) {
  emulator::Block& block = emulator::Block::current();
  block.requireShared("copyAsync16", shared, 16, 16);
  if (present < 0 || present > 16) block.fail("copyAsync16 of " + std::to_string(present) + " bytes");
  if (reinterpret_cast<uintptr_t>(global) % 16 != 0) block.fail("copyAsync16 from an address off a multiple of 16");
  block.copyLater({static_cast<uint8_t*>(shared), static_cast<const uint8_t*>(global), 16, present});
}
DEVICE void commitCopies() { emulator::Block::current().commitCopies(); }
template <int left>
DEVICE void waitForCopies() {
  emulator::Block::current().waitForCopies(left);
}

namespace detail {

struct MatrixSlot {
  const uint8_t* row;
  uint32_t* registers;
  bool transposed;
  uint64_t conflicts;
};

// The rows of one matrix are read at once: two in the same four banks, of different addresses, have to wait.
inline uint64_t conflictsOf(void* const* slots) {
  uint64_t conflicts = 0;
  for (int matrix = 0; matrix < 4; ++matrix) {
    int most = 0;
    for (int i = 0; i < 8; ++i) {
      int same = 0;
      const auto at = reinterpret_cast<uintptr_t>(static_cast<MatrixSlot*>(slots[8 * matrix + i])->row);
      for (int j = 0; j < 8; ++j) {
        const auto other = reinterpret_cast<uintptr_t>(static_cast<MatrixSlot*>(slots[8 * matrix + j])->row);
        same += j == i || (other != at && other / 16 % 8 == at / 16 % 8);
      }
      most = same > most ? same : most;
    }
    conflicts += static_cast<uint64_t>(most - 1);
  }
  return conflicts;
}

inline void loadMatrices(uint32_t (&r)[4], const void* row, bool transposed) {
  emulator::Block& block = emulator::Block::current();
  block.requireShared("loadMatrices", row, 16, 16);
  MatrixSlot slot{static_cast<const uint8_t*>(row), r, transposed, 0};
  block.together(transposed ? "loadMatricesTransposed" : "loadMatrices", &slot, [](void* const* slots) {
    const auto element = [&](int matrix, int i, int j) {
      uint16_t value;
      std::memcpy(&value, static_cast<MatrixSlot*>(slots[8 * matrix + i])->row + 2 * j, sizeof value);
      return uint32_t{value};
    };
    for (int lane = 0; lane < emulator::warpSize; ++lane) {
      auto& own = *static_cast<MatrixSlot*>(slots[lane]);
      const int i = lane / 4, j = 2 * (lane % 4);
      for (int m = 0; m < 4; ++m) {
        own.registers[m] = own.transposed ? element(m, j, i) | element(m, j + 1, i) << 16
                                          : element(m, i, j) | element(m, i, j + 1) << 16;
      }
    }
    emulator::Block::current().countConflicts(conflictsOf(slots));
  });
}

template <class T>
float halfOf(uint32_t pair, int which) {
  return toFloat(T{static_cast<uint16_t>(pair >> (16 * which))});
}

}  // namespace detail

DEVICE void loadMatrices(uint32_t (&r)[4], const void* row) { detail::loadMatrices(r, row, false); }
DEVICE void loadMatricesTransposed(uint32_t (&r)[4], const void* row) { detail::loadMatrices(r, row, true); }

template <class T>
void multiplyAccumulate(float (&d)[4], const uint32_t (&a)[4], const uint32_t (&b)[2]) {
  struct Slot {
    float* d;
    const uint32_t *a, *b;
  } slot{d, a, b};
  emulator::Block::current().together("multiplyAccumulate", &slot, [](void* const* slots) {
    float left[16][16], right[16][8];
    for (int lane = 0; lane < emulator::warpSize; ++lane) {
      const auto& own = *static_cast<Slot*>(slots[lane]);
      const int g = lane / 4, t = lane % 4;
      for (int half = 0; half < 2; ++half) {
        for (int i = 0; i < 4; ++i) {
          left[g + 8 * (i % 2)][2 * t + 8 * (i / 2) + half] = detail::halfOf<T>(own.a[i], half);
        }
        for (int i = 0; i < 2; ++i) right[2 * t + 8 * i + half][g] = detail::halfOf<T>(own.b[i], half);
      }
    }
    for (int lane = 0; lane < emulator::warpSize; ++lane) {
      const auto& own = *static_cast<Slot*>(slots[lane]);
      for (int i = 0; i < 4; ++i) {
        const int row = lane / 4 + 8 * (i / 2), column = 2 * (lane % 4) + i % 2;
        float sum = own.d[i];
        for (int k = 0; k < 16; ++k) sum += left[row][k] * right[k][column];
        own.d[i] = sum;
      }
    }
  });
}

}  // namespace counterpoint::cuda
