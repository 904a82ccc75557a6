// Standard normals from Philox4x32-10 and Box & Muller, bit for bit those of lib/ops/gaussian.ts, which explains them.
//
// Plain loops over arrays of `width` numbers, which the compiler turns into vectors: every operation is then the same
// correctly rounded one for every instruction set. Nothing may be fused (-ffp-contract=off).
#include "cpu/loops.h"
#include "generated/ops.h"

namespace counterpoint::COUNTERPOINT_ISA {
namespace {

constexpr int width = 16;

struct Key {
  uint32_t seedLow, seedHigh, stream, image;
};

// Philox4x32-10 of the counters (first + i, step, image, stream). Salmon et al. 2011, section 3.
void philox(const Key& key, uint32_t step, uint32_t first, uint32_t (&bits)[4][width]) {
  for (int i = 0; i < width; ++i) {
    uint32_t c0 = first + static_cast<uint32_t>(i), c1 = step, c2 = key.image, c3 = key.stream;
    uint32_t k0 = key.seedLow, k1 = key.seedHigh;
    for (int round = 0; round < 10; ++round) {
      const uint64_t product0 = uint64_t{0xd2511f53} * c0, product1 = uint64_t{0xcd9e8d57} * c2;
      c0 = static_cast<uint32_t>(product1 >> 32) ^ c1 ^ k0;
      c2 = static_cast<uint32_t>(product0 >> 32) ^ c3 ^ k1;
      c1 = static_cast<uint32_t>(product1);
      c3 = static_cast<uint32_t>(product0);
      k0 += 0x9e3779b9;
      k1 += 0xbb67ae85;
    }
    bits[0][i] = c0, bits[1][i] = c1, bits[2][i] = c2, bits[3][i] = c3;
  }
}

inline float floatOf(int32_t bits) {
  float x;
  __builtin_memcpy(&x, &bits, sizeof x);
  return x;
}

inline int32_t bitsOf(float x) {
  int32_t bits;
  __builtin_memcpy(&bits, &x, sizeof bits);
  return bits;
}

// Cephes logf for a positive normal x = m 2^e, m in [sqrt(1/2), sqrt(2)).
inline float logarithm(float x) {
  const int32_t exponent = (bitsOf(x) - 0x3f3504f3) >> 23;
  const float m = floatOf(bitsOf(x) - exponent * (1 << 23)) - 1.0f, e = static_cast<float>(exponent);
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
inline float sine(float x, float square) {
  const float p = (-1.9515295891e-4f * square + 8.3321608736e-3f) * square + -1.6666654611e-1f;
  return p * square * x + x;
}

inline float cosine(float square) {
  const float p = (2.443315711809948e-5f * square + -1.388731625493765e-3f) * square + 4.166664568298827e-2f;
  return (p * square * square - 0.5f * square) + 1.0f;
}

void boxMuller(const uint32_t (&radiusBits)[width], const uint32_t (&angleBits)[width], float (&out0)[width],
               float (&out1)[width]) {
  for (int i = 0; i < width; ++i) {
    const float converted = static_cast<float>(radiusBits[i]);
    const float uniform = (converted < 0.5f ? 0.5f : converted) * 0x1p-32f;  // in [2^-33, 1]
    const float radius = __builtin_sqrtf(-2.0f * logarithm(uniform));
    const uint32_t quarter = (angleBits[i] + 0x20000000u) >> 30;  // the nearest quarter turn; the rest lies in +-pi/4
    const float rest = static_cast<float>(static_cast<int32_t>(angleBits[i] - (quarter << 30)));
    const float angle = rest * 1.4629180792671596e-9f;  // 2 pi / 2^32
    const float square = angle * angle, s = sine(angle, square), c = cosine(square);
    const bool swap = (quarter & 1) != 0;
    const float cos = swap ? s : c, sin = swap ? c : s;
    out0[i] = radius * (((quarter + 1) & 2) != 0 ? -cos : cos);
    out1[i] = radius * ((quarter & 2) != 0 ? -sin : sin);
  }
}

}  // namespace

void gaussian(const Gaussian& op, Context& context) {
  const int64_t images = op.key.shape[0], count = op.count;
  const uint32_t step = static_cast<uint32_t>(*op.step.i32());
  overImages(context, images, count, [&](int64_t n, int64_t begin, int64_t end) {
    const int32_t* row = op.key.i32() + n * 4;
    const Key key = {static_cast<uint32_t>(row[0]), static_cast<uint32_t>(row[1]), static_cast<uint32_t>(row[2]),
                     static_cast<uint32_t>(row[3])};
    uint32_t bits[4][width];
    float normals[4][width];
    for (int64_t first = begin; first < end; first += 4 * width) {
      philox(key, step, static_cast<uint32_t>(first / 4), bits);
      boxMuller(bits[0], bits[1], normals[0], normals[1]);
      boxMuller(bits[2], bits[3], normals[2], normals[3]);
      float* y = op.y.f32() + n * count + first;
      const int64_t left = std::min<int64_t>(4 * width, end - first);
      for (int64_t i = 0; i < left; ++i) y[i] = normals[i % 4][i / 4];
    }
  });
}

}  // namespace counterpoint::COUNTERPOINT_ISA
