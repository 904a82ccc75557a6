// body(i) for every i below `count`, a thread each, in no order: `body` is a struct with `DEVICE void operator()(unsigned) const`.
#pragma once
#include <cstdint>

#include "launcher.h"
#include "operands.h"

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

// `size` as a number that divides faster than one with a sign. Throws Error as toInt does.
inline unsigned countable(int64_t size) { return static_cast<unsigned>(toInt(size)); }

template <class Body>
void overElements(Launcher& launcher, int64_t count, const Body& body) {
  const LoopArguments<Body> loop{countable(count), body};
  launcher.launch(loopKernel<Body>, {ceilDivide(count, loopThreads)}, loopThreads, 0, loop);
}

}  // namespace counterpoint::cuda
