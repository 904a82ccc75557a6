// attention: see lib/ops/attention.ts, attention/flash.h and, for f32 and heads that tensor cores do not fit, attention/plain.h.
#include <cmath>

#include "attention/plain.h"
#include "launcher.h"
#include "operands.h"

namespace counterpoint::cuda {

namespace {

template <class T, int paddedWidth>
void launchFlash(const AttentionProblem<T>& a, Grid grid, Launcher& launcher) {
  static_assert(FlashMemory<paddedWidth>::bytes <= leastSharedBytes);
  grid.x = ceilDivide(a.queries, flashQueries);
  launcher.launch(flashKernel<T, paddedWidth>, grid, flashThreads, FlashMemory<paddedWidth>::bytes, a);
}

template <class T>
void attend(const AttentionProblem<T>& a, Grid grid, Launcher& launcher) {
  if constexpr (sizeof(T) == 2) {
    if (a.width % 8 == 0 && beginWhole({a.q, a.k, a.v, a.y})) {
      if (a.width <= 48) return launchFlash<T, 48>(a, grid, launcher);
      if (a.width <= 64) return launchFlash<T, 64>(a, grid, launcher);
      if (a.width <= 80) return launchFlash<T, 80>(a, grid, launcher);
      if (a.width <= 128) return launchFlash<T, 128>(a, grid, launcher);
      if (a.width <= 160) return launchFlash<T, 160>(a, grid, launcher);
    }
  }
  grid.x = ceilDivide(a.queries, plainQueries);
  launcher.launch(plainAttentionKernel<T>, grid, plainThreads, plainThreads * sizeof(float), a);
}

}  // namespace

void attention(const Attention& op, Launcher& launcher) {
  const int64_t images = op.q.shape[0], width = op.q.shape[2] / op.heads;
  withStorage(op.y.dtype, [&](auto zero) {
    using T = decltype(zero);
    const AttentionProblem<T> a{static_cast<const T*>(op.q.data),
                                static_cast<const T*>(op.k.data),
                                static_cast<const T*>(op.v.data),
                                op.keyMask.f32(),
                                static_cast<T*>(op.y.data),
                                toInt(op.q.shape[1]),
                                toInt(op.k.shape[1]),
                                op.keyMask ? toInt(op.keyMask.shape[1]) : 0,
                                toInt(op.heads),
                                toInt(width),
                                op.causal != 0,
                                static_cast<float>(1 / std::sqrt(static_cast<double>(width)))};
    attend(a, {1, op.heads, images}, launcher);
  });
}

}  // namespace counterpoint::cuda
