// Standard normals (normals.h); a thread makes four numbers.
#include "loops.h"
#include "machine/normals.h"

namespace counterpoint::cuda {

namespace {

struct GaussianBody {
  const int32_t *key, *step;
  float* y;
  unsigned count, fours;  // of an image

  DEVICE void operator()(unsigned index) const {
    const unsigned image = index / fours, number = index % fours;
    const int32_t* row = key + 4 * image;
    const NoiseKey noise = {static_cast<uint32_t>(row[0]), static_cast<uint32_t>(row[1]), static_cast<uint32_t>(row[2]),
                            static_cast<uint32_t>(row[3])};
    uint32_t c0, c1, c2, c3;
    philox(noise, static_cast<uint32_t>(*step), number, c0, c1, c2, c3);
    float z0, z1, z2, z3;
    boxMuller(c0, c1, z0, z1);
    boxMuller(c2, c3, z2, z3);
    const unsigned left = count - 4 * number;
    float* out = y + int64_t{image} * count + 4 * number;
    out[0] = z0;
    if (left > 1) out[1] = z1;
    if (left > 2) out[2] = z2;
    if (left > 3) out[3] = z3;
  }
};

}  // namespace

void gaussian(const Gaussian& op, Launcher& launcher) {
  const int64_t fours = ceilDivide(op.count, 4);
  const GaussianBody body{op.key.i32(), op.step.i32(), op.y.f32(), countable(op.count), countable(fours)};
  overElements(launcher, op.key.shape[0] * fours, body);
}

}  // namespace counterpoint::cuda
