// y = x in another dtype of real numbers, to nearest, of two equally near the even one; NaN stays NaN.
#include <cstring>

#include "cpu/loops.h"
#include "generated/ops.h"

namespace counterpoint::COUNTERPOINT_ISA {
namespace {

uint32_t bitsOf(float x) {
  uint32_t bits;
  std::memcpy(&bits, &x, sizeof bits);
  return bits;
}

float floatOf(uint32_t bits) {
  float x;
  std::memcpy(&x, &bits, sizeof x);
  return x;
}

struct Single {
  using Element = float;
  static float decode(float x) { return x; }
  static float encode(float x) { return x; }
};

// The upper half of an f32.
struct Brain {
  using Element = uint16_t;
  static float decode(uint16_t bits) { return floatOf(uint32_t{bits} << 16); }
  static uint16_t encode(float x) {
    const uint32_t bits = bitsOf(x);
    const uint32_t rounded = (bits + 0x7fff + (bits >> 16 & 1)) >> 16;
    return static_cast<uint16_t>(x == x ? rounded : 0x7fc0);
  }
};

// Sign, 5 bits of exponent, 10 of fraction.
struct Half {
  using Element = uint16_t;
  static float decode(uint16_t half) {
    // As if the exponent counted from f32's zero, and then set right by a product, which holds below the normal range too.
    const float scaled = floatOf(uint32_t{half & 0x7fffu} << 13) * floatOf(0x77800000);  // 2^112
    const uint32_t special = (half & 0x7c00) == 0x7c00 ? 0x7f800000 : 0;
    return floatOf(bitsOf(scaled) | special | uint32_t{half & 0x8000u} << 16);
  }
  static uint16_t encode(float x) {
    const uint32_t bits = bitsOf(x), size = bits & 0x7fffffff;
    // Moves the exponent's zero from 127 to 15 and rounds off 13 bits; a carry belongs to the exponent. Below 2^-14 halves
    // count in units of 2^-24, the spacing of f32 around 1/2: adding 1/2 rounds.
    const uint32_t normal = (size - 0x38000000 + 0xfff + (size >> 13 & 1)) >> 13;
    const uint32_t small = bitsOf(floatOf(size) + 0.5f) - 0x3f000000;
    const uint32_t large = size > 0x7f800000 ? 0x7e00 : 0x7c00;
    const uint32_t rounded = size >= 0x47800000 ? large : size < 0x38800000 ? small : normal;
    return static_cast<uint16_t>(rounded | (bits >> 16 & 0x8000));
  }
};

template <class From, class To>
void convert(Context& context, const Tensor& x, const Tensor& y) {
  const auto* source = static_cast<const typename From::Element*>(x.data);
  auto* target = static_cast<typename To::Element*>(y.data);
  overImages(context, 1, x.size(), [&](int64_t, int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) target[i] = To::encode(From::decode(source[i]));
  });
}

template <class From>
void convertFrom(Context& context, const Tensor& x, const Tensor& y) {
  if (y.dtype == Dtype::f16) convert<From, Half>(context, x, y);
  else if (y.dtype == Dtype::bf16) convert<From, Brain>(context, x, y);
  else convert<From, Single>(context, x, y);
}

}  // namespace

void cast(const Cast& op, Context& context) {
  if (op.x.dtype == Dtype::f16) convertFrom<Half>(context, op.x, op.y);
  else if (op.x.dtype == Dtype::bf16) convertFrom<Brain>(context, op.x, op.y);
  else convertFrom<Single>(context, op.x, op.y);
}

}  // namespace counterpoint::COUNTERPOINT_ISA
