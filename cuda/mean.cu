// y = mean of all elements of x. See lib/ops/mean.ts.
//
// Blocks of a size that does not depend on the device give partial sums, and one more block adds those.
#include "loops.h"

namespace counterpoint::cuda {

namespace {

constexpr int sumThreads = 256;
constexpr int64_t blockElements = 16 * sumThreads;

template <class T>
struct SumArguments {
  const T* x;
  float* sums;  // one for each block
  int64_t size, blockElements;
  float divisor;
};

// A thread sums every 256th element of its block's; the threads' sums are added in a tree.
template <class T>
KERNEL(sumThreads)
void sumKernel(SumArguments<T> g) {
  float* shared = sharedMemory<float>();
  const int thread = threadIndex();
  const int64_t begin = blockIndex().x * g.blockElements;
  const int64_t end = begin + g.blockElements < g.size ? begin + g.blockElements : g.size;
  float sum = 0;
  for (int64_t i = begin + thread; i < end; i += sumThreads) sum += toFloat(g.x[i]);
  shared[thread] = sum;
  for (int half = sumThreads / 2; half > 0; half /= 2) {
    synchronize();
    if (thread < half) shared[thread] += shared[thread + half];
  }
  if (thread == 0) g.sums[blockIndex().x] = shared[0] / g.divisor;
}

template <class T>
void sumBlocks(Launcher& launcher, const SumArguments<T>& arguments) {
  const Grid grid{ceilDivide(arguments.size, arguments.blockElements)};
  launcher.launch(sumKernel<T>, grid, sumThreads, sumThreads * sizeof(float), arguments);
}

}  // namespace

void mean(const Mean& op, Launcher& launcher) {
  const int64_t size = op.x.size(), blocks = ceilDivide(size, blockElements);
  float* partial = launcher.scratch<float>(blocks);
  withStorage(op.x.dtype, [&](auto zero) {
    using T = decltype(zero);
    sumBlocks<T>(launcher, {static_cast<const T*>(op.x.data), partial, size, blockElements, 1.0f});
  });
  sumBlocks<float>(launcher, {partial, op.y.f32(), blocks, blocks, static_cast<float>(size)});
}

}  // namespace counterpoint::cuda
