// body(i) for every i below `count`, a thread each, in no order: `body` is a struct with `DEVICE void operator()(unsigned) const`.
#pragma once
#include <cstdint>
#include <string>

#include "launcher.h"

namespace counterpoint::cuda {

constexpr int loopThreads = 256;

template <class Body>
struct LoopArguments {
  unsigned count;
  Body body;
};

template <class Body>
KERNEL(loopThreads)
void loopKernel(LoopArguments<Body> loop) {
  const unsigned i = blockIndex().x * loopThreads + static_cast<unsigned>(threadIndex());
  if (i < loop.count) loop.body(i);
}

// `size` as a number that kernels may count to in 32 bits. Throws Error.
inline unsigned countable(int64_t size) {
  constexpr int64_t most = int64_t{1} << 31;
  if (size <= most) return static_cast<unsigned>(size);
  throw Error{"CP_PROGRAM_INVALID", "a tensor of " + std::to_string(size) + " elements, where at most 2^31 can be counted"};
}

template <class Body>
void overElements(Launcher& launcher, int64_t count, const Body& body) {
  const LoopArguments<Body> loop{countable(count), body};
  launcher.launch(loopKernel<Body>, {ceilDivide(count, loopThreads)}, loopThreads, 0, loop);
}

}  // namespace counterpoint::cuda
