// attention: see lib/ops/attention.ts, attention/flash.h and, for f32 and heads that tensor cores do not fit, attention/plain.h.
#include "attention/plain.h"
#include "attention/problem.h"
#include "launcher.h"

namespace counterpoint::cuda {

namespace {

template <class T, int paddedWidth>
void launchFlash(const AttentionProblem<T>& a, int64_t heads, Launcher& launcher) {
  static_assert(FlashMemory<paddedWidth>::bytes <= leastSharedBytes);
  const int64_t blocks = ceilDivide(a.queries, flashQueries) * heads;
  launcher.launch(flashKernel<T, paddedWidth>, {blocks}, flashThreads, FlashMemory<paddedWidth>::bytes, a);
}

// `heads`: of all images.
template <class T>
void attend(const AttentionProblem<T>& a, int64_t heads, Launcher& launcher) {
  if constexpr (sizeof(T) == 2) {
    if (a.width % 8 == 0 && beginWhole({a.q, a.k, a.v, a.y})) {
      if (a.width <= 48) return launchFlash<T, 48>(a, heads, launcher);
      if (a.width <= 64) return launchFlash<T, 64>(a, heads, launcher);
      if (a.width <= 80) return launchFlash<T, 80>(a, heads, launcher);
      if (a.width <= 128) return launchFlash<T, 128>(a, heads, launcher);
      if (a.width <= 160) return launchFlash<T, 160>(a, heads, launcher);
    }
  }
  const int64_t blocks = ceilDivide(a.queries, plainQueries) * heads;
  launcher.launch(plainAttentionKernel<T>, {blocks}, plainThreads, plainThreads * sizeof(float), a);
}

}  // namespace

void attention(const Attention& op, Launcher& launcher) {
  withStorage(op.y.dtype, [&](auto zero) {
    using T = decltype(zero);
    AttentionProblem<T> a = attentionProblem<T>(op);
    a.v = static_cast<const T*>(op.v.data);
    a.y = static_cast<T*>(op.y.data);
    attend(a, op.q.shape[0] * op.heads, launcher);
  });
}

}  // namespace counterpoint::cuda
