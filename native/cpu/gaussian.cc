// Standard normals (machine/normals.h), in plain loops over arrays of `width` numbers, which the compiler turns into vectors:
// every operation is then the same correctly rounded one for every instruction set.
#include "cpu/loops.h"
#include "generated/ops.h"
#include "machine/normals.h"

namespace counterpoint::COUNTERPOINT_ISA {
namespace {

constexpr int width = 16;

}  // namespace

void gaussian(const Gaussian& op, Context& context) {
  const int64_t images = op.key.shape[0], count = op.count;
  const uint32_t step = static_cast<uint32_t>(*op.step.i32());
  overImages(context, images, count, [&](int64_t n, int64_t begin, int64_t end) {
    const int32_t* row = op.key.i32() + n * 4;
    const NoiseKey key = {static_cast<uint32_t>(row[0]), static_cast<uint32_t>(row[1]), static_cast<uint32_t>(row[2]),
                          static_cast<uint32_t>(row[3])};
    uint32_t bits[4][width];
    float normals[4][width];
    for (int64_t first = begin; first < end; first += 4 * width) {
      const uint32_t number = static_cast<uint32_t>(first / 4);
      for (int i = 0; i < width; ++i) {
        philox(key, step, number + static_cast<uint32_t>(i), bits[0][i], bits[1][i], bits[2][i], bits[3][i]);
      }
      for (int i = 0; i < width; ++i) boxMuller(bits[0][i], bits[1][i], normals[0][i], normals[1][i]);
      for (int i = 0; i < width; ++i) boxMuller(bits[2][i], bits[3][i], normals[2][i], normals[3][i]);
      float* y = op.y.f32() + n * count + first;
      const int64_t left = std::min<int64_t>(4 * width, end - first);
      for (int64_t i = 0; i < left; ++i) y[i] = normals[i % 4][i / 4];
    }
  });
}

}  // namespace counterpoint::COUNTERPOINT_ISA
