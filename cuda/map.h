// y[i] = function(x0[i], x1[i], ...) over tensors of one size and storage type; computed in f32.
//
// A thread takes the elements of 16 bytes, in one access where the tensors' addresses allow it.
#pragma once
#include <cstdint>
#include <initializer_list>

#include "launcher.h"

namespace counterpoint::cuda {

constexpr int mapThreads = 256;

template <class T, class Function, int inputs>
struct MapArguments {
  T* y;
  const T* x[inputs];
  int64_t size;
  Function function;
};

template <class T, int lanes>
struct alignas(lanes * sizeof(T)) Lanes {
  T element[lanes];
};

template <class T, int lanes, class Function, int inputs>
KERNEL(mapThreads)
void mapKernel(MapArguments<T, Function, inputs> arguments) {
  const int64_t first = (int64_t{blockIndex().x} * mapThreads + threadIndex()) * lanes;
  Lanes<T, lanes> x[inputs] = {}, y;
  const int64_t left = arguments.size - first;
  const bool whole = left >= lanes;  // beyond the last element nothing is left, and nothing happens
  UNROLL for (int input = 0; input < inputs; ++input) {
    if (whole) x[input] = *reinterpret_cast<const Lanes<T, lanes>*>(arguments.x[input] + first);
    else UNROLL for (int i = 0; i < lanes && i < left; ++i) x[input].element[i] = arguments.x[input][first + i];
  }
  UNROLL for (int i = 0; i < lanes; ++i) {
    if constexpr (inputs == 1) y.element[i] = round<T>(arguments.function(toFloat(x[0].element[i])));
    else y.element[i] = round<T>(arguments.function(toFloat(x[0].element[i]), toFloat(x[1].element[i])));
  }
  if (whole) *reinterpret_cast<Lanes<T, lanes>*>(arguments.y + first) = y;
  else UNROLL for (int i = 0; i < lanes && i < left; ++i) arguments.y[first + i] = y.element[i];
}

// `function` is a struct with `DEVICE float operator()(float, …) const`, of one operand or of two.
template <class Function, class... Operands>
void map(Launcher& launcher, const Tensor& y, const Function& function, const Operands&... operands) {
  constexpr int inputs = sizeof...(Operands);
  static_assert(inputs == 1 || inputs == 2);
  withStorage(y.dtype, [&](auto zero) {
    using T = decltype(zero);
    constexpr int lanes = 16 / sizeof(T);
    const MapArguments<T, Function, inputs> arguments{
        static_cast<T*>(y.data), {static_cast<const T*>(operands.data)...}, y.size(), function};
    uintptr_t addresses = reinterpret_cast<uintptr_t>(y.data);
    for (const T* x : arguments.x) addresses |= reinterpret_cast<uintptr_t>(x);
    const int width = addresses % 16 == 0 ? lanes : 1;
    const Grid grid{ceilDivide(arguments.size, int64_t{mapThreads} * width)};
    launcher.launch(width == 1 ? mapKernel<T, 1, Function, inputs> : mapKernel<T, lanes, Function, inputs>, grid,
                    mapThreads, 0, arguments);
  });
}

}  // namespace counterpoint::cuda
