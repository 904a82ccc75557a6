// y[n] = [cos(t f_i) ..., sin(t f_i) ...], f_i = maxPeriod^(-i / (width / 2)), in f64 and rounded once.
//
// Exponential, logarithm, sine and cosine are power series after exact or two-part argument reduction, good to about 1e-14,
// so that no bit depends on a C library.
#include "cpu/loops.h"
#include "generated/ops.h"

namespace counterpoint::COUNTERPOINT_ISA {
namespace {

// sum of x^(first + 2k) / (first + 2k)! with alternating signs: sine for first = 1, cosine for first = 0; |x| <= pi/4.
double alternatingSeries(double x, int first) {
  double term = first == 1 ? x : 1.0, sum = term;
  for (int k = first + 2; k <= 20; k += 2) {
    term *= -x * x / (k * (k - 1));
    sum += term;
  }
  return sum;
}

struct CosSin {
  double cos, sin;
};

CosSin cosSin(double angle) {
  // Beyond 2^20 quarter turns the products below would round, and what is not a number has no angle.
  if (!(angle < 1.6e6 && angle > -1.6e6)) return {__builtin_nan(""), __builtin_nan("")};
  const double turns = angle * 0.63661977236758134;  // 2 / pi
  const int64_t quarter = static_cast<int64_t>(turns + (turns < 0 ? -0.5 : 0.5));
  const double q = static_cast<double>(quarter);
  // pi/2 in two parts; the first has 33 bits, so that its products with q are exact.
  const double rest = (angle - q * 1.57079632673412561417) - q * 6.07710050650619224932e-11;
  const double cos = alternatingSeries(rest, 0), sin = alternatingSeries(rest, 1);
  switch (quarter & 3) {
    case 0: return {cos, sin};
    case 1: return {-sin, cos};
    case 2: return {-cos, -sin};
    default: return {sin, -cos};
  }
}

// ln x: x = m 2^e, m in [1, 2), and 2 artanh((m - 1) / (m + 1)).
double logarithm(double x) {
  if (!(x > 0 && x < __builtin_inf())) return __builtin_nan("");
  int exponent = 0;
  for (; x >= 2; x /= 2) ++exponent;
  for (; x < 1; x *= 2) --exponent;
  const double r = (x - 1) / (x + 1);
  double power = r, sum = 0;
  for (int k = 1; k <= 35; k += 2) {
    sum += power / k;
    power *= r * r;
  }
  return exponent * 0.69314718055994530942 + 2 * sum;
}

// e^x for |x| <= 700: the series of x / 1024, squared ten times over.
double exponential(double x) {
  double term = 1, sum = 0;
  for (int k = 1; k <= 12; ++k) {
    term *= x / 1024 / k;
    sum += term;
  }
  for (int i = 0; i < 10; ++i) sum = sum * (2 + sum);  // of e^x - 1, which loses nothing
  return 1 + sum;
}

}  // namespace

void sinusoidal(const Sinusoidal& op, Context& context) {
  const int64_t half = op.width / 2;
  const double logPeriod = logarithm(op.maxPeriod);
  overRows(context, op.t.size(), op.width, [&](int64_t n) {
    float* y = op.y.f32() + n * op.width;
    for (int64_t i = 0; i < half; ++i) {
      const double frequency = exponential(-logPeriod * static_cast<double>(i) / static_cast<double>(half));
      const CosSin value = cosSin(static_cast<double>(op.t.f32()[n]) * frequency);
      y[i] = static_cast<float>(value.cos);
      y[half + i] = static_cast<float>(value.sin);
    }
  });
}

}  // namespace counterpoint::COUNTERPOINT_ISA
