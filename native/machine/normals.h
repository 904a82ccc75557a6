// The arithmetic of standard normals, one source for every device: Philox4x32-10 and Box & Muller, bit for bit those of
// lib/ops/gaussian.ts, which explains them. Every operation is rounded once and none may be fused (-ffp-contract=off,
// nvcc -fmad=false). Static, since the CPU's kernels compile it once for each instruction set.
#pragma once
#include <cmath>
#include <cstdint>

#ifdef __CUDACC__
#define COUNTERPOINT_EVERYWHERE static inline __host__ __device__
#else
#define COUNTERPOINT_EVERYWHERE static inline
#endif

namespace counterpoint {

struct NoiseKey {
  uint32_t seedLow, seedHigh, stream, image;
};

// The four words of the counter (`number`, `step`, image, stream). Salmon et al. 2011, section 3.
COUNTERPOINT_EVERYWHERE void philox(const NoiseKey& key, uint32_t step, uint32_t number, uint32_t& c0, uint32_t& c1, uint32_t& c2,
                                    uint32_t& c3) {
  c0 = number, c1 = step, c2 = key.image, c3 = key.stream;
  uint32_t k0 = key.seedLow, k1 = key.seedHigh;
  for (int round = 0; round < 10; ++round) {
    const uint64_t product0 = uint64_t{0xd2511f53} * c0, product1 = uint64_t{0xcd9e8d57} * c2;
    c0 = static_cast<uint32_t>(product1 >> 32) ^ c1 ^ k0;
    c2 = static_cast<uint32_t>(product0 >> 32) ^ c3 ^ k1;
    c1 = static_cast<uint32_t>(product1);
    c3 = static_cast<uint32_t>(product0);
    k0 += 0x9e3779b9u;
    k1 += 0xbb67ae85u;
  }
}

COUNTERPOINT_EVERYWHERE float floatOf(uint32_t bits) {
  float x;
  __builtin_memcpy(&x, &bits, sizeof x);
  return x;
}

COUNTERPOINT_EVERYWHERE uint32_t bitsOf(float x) {
  uint32_t bits;
  __builtin_memcpy(&bits, &x, sizeof bits);
  return bits;
}

// Cephes logf for a positive normal x = m 2^e, m in [sqrt(1/2), sqrt(2)).
COUNTERPOINT_EVERYWHERE float logarithm(float x) {
  const int32_t exponent = static_cast<int32_t>(bitsOf(x) - 0x3f3504f3u) >> 23;
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
COUNTERPOINT_EVERYWHERE float sine(float x, float square) {
  const float p = (-1.9515295891e-4f * square + 8.3321608736e-3f) * square + -1.6666654611e-1f;
  return p * square * x + x;
}

COUNTERPOINT_EVERYWHERE float cosine(float square) {
  const float p = (2.443315711809948e-5f * square + -1.388731625493765e-3f) * square + 4.166664568298827e-2f;
  return (p * square * square - 0.5f * square) + 1.0f;
}

// Two independent normals from two words.
COUNTERPOINT_EVERYWHERE void boxMuller(uint32_t radiusBits, uint32_t angleBits, float& first, float& second) {
  const float count = static_cast<float>(radiusBits);
  const float uniform = (count < 0.5f ? 0.5f : count) * 2.3283064365386963e-10f;  // 2^-32: in [2^-33, 1]
  const float radius = sqrtf(-2.0f * logarithm(uniform));
  const uint32_t quarter = (angleBits + 0x20000000u) >> 30;  // the nearest quarter turn; the rest lies in +-pi/4
  const float rest = static_cast<float>(static_cast<int32_t>(angleBits - (quarter << 30)));
  const float angle = rest * 1.4629180792671596e-9f;  // 2 pi / 2^32
  const float square = angle * angle, s = sine(angle, square), c = cosine(square);
  const bool swap = (quarter & 1) != 0;
  const float cos = swap ? s : c, sin = swap ? c : s;
  first = radius * (((quarter + 1) & 2) != 0 ? -cos : cos);
  second = radius * ((quarter & 2) != 0 ? -sin : sin);
}

}  // namespace counterpoint
