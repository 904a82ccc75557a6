// Neighbouring elements that one instruction reads or writes.
#pragma once
#include "primitives/words.h"

namespace counterpoint::cuda {

template <class T, int count>
struct alignas(count * sizeof(T)) Pack {
  T values[count];
};

// How many elements a copy of 16 bytes moves.
template <class T>
constexpr int pieceSize = 16 / static_cast<int>(sizeof(T));

// `at` is a multiple of the pack's size.
template <int count, class T>
DEVICE Pack<T, count> readPack(const T* at) {
  return *reinterpret_cast<const Pack<T, count>*>(at);
}
template <class T, int count>
DEVICE void writePack(T* at, const Pack<T, count>& pack) {
  *reinterpret_cast<Pack<T, count>*>(at) = pack;
}

DEVICE constexpr int least(int a, int b) { return a < b ? a : b; }
DEVICE constexpr int divideUp(int a, int b) { return (a + b - 1) / b; }

}  // namespace counterpoint::cuda
