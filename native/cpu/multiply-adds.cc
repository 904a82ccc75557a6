// s <- s * 0.999 + 0.0001, `rounds` times, in twelve vectors at once: as many independent chains as keep both
// multiply-add units of a core busy at a latency of four to five cycles. Each begins elsewhere, or the compiler would see
// that they are all the same and keep one.
#include <algorithm>

#include "cpu/simd.h"
#include "generated/ops.h"
#include "machine/context.h"

namespace counterpoint::COUNTERPOINT_ISA {

namespace {

constexpr int chains = 12;
constexpr int64_t starts = 192;  // a whole number of blocks for every instruction set

// Out of line, or g++ keeps the sums in memory.
COUNTERPOINT_NOINLINE void multiplyAddChains(int64_t rounds, Vec start, Vec (&sums)[chains]) {
  Vec running[chains];
  const Vec factor = broadcast(0.999f), addend = broadcast(1e-4f);
  COUNTERPOINT_UNROLL
  for (int i = 0; i < chains; ++i) running[i] = add(start, broadcast(static_cast<float>(i * lanes)));
  for (int64_t round = 0; round < rounds; ++round) {
    COUNTERPOINT_UNROLL
    for (int i = 0; i < chains; ++i) running[i] = fma(running[i], factor, addend);
  }
  COUNTERPOINT_UNROLL
  for (int i = 0; i < chains; ++i) sums[i] = running[i];
}

}  // namespace

void multiplyAdds(const MultiplyAdds& op, Context& context) {
  const int64_t count = op.y.size();
  constexpr int64_t block = chains * lanes;
  context.parallel((count + block - 1) / block, [&](int64_t index, int) {
    float places[lanes];
    for (int64_t i = 0; i < lanes; ++i) places[i] = static_cast<float>(index * block % starts + i);
    Vec sums[chains];
    multiplyAddChains(op.rounds, load(places), sums);
    for (int i = 0; i < chains; ++i) {
      const int64_t start = index * block + i * lanes;
      if (start < count) storePart(op.y.f32() + start, sums[i], std::min<int64_t>(lanes, count - start));
    }
  });
}

}  // namespace counterpoint::COUNTERPOINT_ISA
