// Standard normals from Philox4x32-10 and Box & Muller, bit for bit those of lib/ops/gaussian.ts, which explains them: every
// operation is rounded once, and none are fused (nvcc -fmad=false). A thread makes four numbers.
#include <cmath>

#include "loops.h"

namespace counterpoint::cuda {

namespace {

DEVICE float floatOf(uint32_t bits) {
  union { uint32_t bits; float value; } both{bits};
  return both.value;
}

DEVICE uint32_t bitsOf(float x) {
  union { float value; uint32_t bits; } both{x};
  return both.bits;
}

// Cephes logf for a positive normal x = m 2^e, m in [sqrt(1/2), sqrt(2)).
DEVICE float logarithm(float x) {
  const int exponent = static_cast<int>(bitsOf(x) - 0x3f3504f3u) >> 23;
  const float m = floatOf(bitsOf(x) - (static_cast<uint32_t>(exponent) << 23)) - 1.0f, e = static_cast<float>(exponent);
  const float square = m * m;
  float p = 7.0376836292e-2f;
  p = p * m + -1.151461031e-1f;
  p = p * m + 1.167699874e-1f;
  p = p * m + -1.2420140846e-1f;
  p = p * m + 1.4249322787e-1f;
  p = p * m + -1.6668057665e-1f;
  p = p * m + 2.0000714765e-1f;
  p = p * m + -2.4999993993e-1f;
  p = p * m + 3.3333331174e-1f;
  const float low = (m * square * p + e * -2.1219444e-4f) - 0.5f * square;
  return (m + low) + e * 0.693359375f;
}

// Cephes sinf and cosf for |x| <= pi/4.
DEVICE float sine(float x, float square) {
  const float p = (-1.9515295891e-4f * square + 8.3321608736e-3f) * square + -1.6666654611e-1f;
  return p * square * x + x;
}

DEVICE float cosine(float square) {
  const float p = (2.443315711809948e-5f * square + -1.388731625493765e-3f) * square + 4.166664568298827e-2f;
  return (p * square * square - 0.5f * square) + 1.0f;
}

DEVICE void boxMuller(uint32_t radiusBits, uint32_t angleBits, float& first, float& second) {
  const float count = static_cast<float>(radiusBits);
  const float uniform = (count < 0.5f ? 0.5f : count) * 2.3283064365386963e-10f;  // 2^-32
  const float radius = sqrtf(-2.0f * logarithm(uniform));
  const uint32_t quarter = (angleBits + 0x20000000u) >> 30;  // the nearest quarter turn; the rest lies in +-pi/4
  const float rest = static_cast<float>(static_cast<int>(angleBits - (quarter << 30)));
  const float angle = rest * 1.4629180792671596e-9f;  // 2 pi / 2^32
  const float square = angle * angle, s = sine(angle, square), c = cosine(square);
  const bool swap = (quarter & 1) != 0;
  const float cos = swap ? s : c, sin = swap ? c : s;
  first = radius * (((quarter + 1) & 2) != 0 ? -cos : cos);
  second = radius * ((quarter & 2) != 0 ? -sin : sin);
}

struct GaussianBody {
  const int32_t *key, *step;
  float* y;
  unsigned count, fours;  // of an image

  DEVICE void operator()(unsigned index) const {
    const unsigned image = index / fours, first = index % fours;
    const int32_t* row = key + 4 * image;  // seed low, seed high, stream, image
    uint32_t c0 = first, c1 = static_cast<uint32_t>(*step), c2 = static_cast<uint32_t>(row[3]);
    uint32_t c3 = static_cast<uint32_t>(row[2]), k0 = static_cast<uint32_t>(row[0]), k1 = static_cast<uint32_t>(row[1]);
    for (int round = 0; round < 10; ++round) {  // Salmon et al. 2011, section 3
      const uint64_t product0 = uint64_t{0xd2511f53} * c0, product1 = uint64_t{0xcd9e8d57} * c2;
      c0 = static_cast<uint32_t>(product1 >> 32) ^ c1 ^ k0;
      c2 = static_cast<uint32_t>(product0 >> 32) ^ c3 ^ k1;
      c1 = static_cast<uint32_t>(product1);
      c3 = static_cast<uint32_t>(product0);
      k0 += 0x9e3779b9u;
      k1 += 0xbb67ae85u;
    }
    float z0, z1, z2, z3;
    boxMuller(c0, c1, z0, z1);
    boxMuller(c2, c3, z2, z3);
    const unsigned left = count - 4 * first;
    float* out = y + int64_t{image} * count + 4 * first;
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
