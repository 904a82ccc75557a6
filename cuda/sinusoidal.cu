// y[n] = [cos(t f_i) ..., sin(t f_i) ...], f_i = maxPeriod^(-i / half), in f64 and rounded once. See lib/ops/sinusoidal.ts.
//
// Sine and cosine are power series after a reduction in two parts, since those of the library for f64 need local memory.
#include <cmath>

#include "loops.h"

namespace counterpoint::cuda {

namespace {

// sum of (-1)^k x^(first + 2k) / (first + 2k)!, sine for first = 1 and cosine for first = 0, |x| <= pi/4.
template <int first>
DEVICE double alternatingSeries(double x) {
  double sum = 1;
  for (int k = 18 + first; k > first; k -= 2) sum = 1 - x * x / (k * (k - 1)) * sum;
  return first == 1 ? x * sum : sum;
}

struct SinusoidalBody {
  const float* t;
  float* y;
  unsigned half;
  double logPeriod;

  DEVICE void operator()(unsigned index) const {
    const unsigned n = index / half, i = index % half;
    const double angle = t[n] * exp(-logPeriod * i / half);
    const double quarters = floor(angle * 0.63661977236758134 + 0.5);  // of a turn, the nearest
    // pi/2 in two parts; the first has 33 bits, so that its products are exact.
    const double rest = (angle - quarters * 1.57079632673412561417) - quarters * 6.07710050650619224932e-11;
    double cos = alternatingSeries<0>(rest), sin = alternatingSeries<1>(rest);
    // Beyond 2^20 quarters the products would round, and what is not a number has no angle.
    const bool known = angle < 1.6e6 && angle > -1.6e6;
    const int quarter = known ? static_cast<int>(quarters) & 3 : 0;
    if (quarter == 1 || quarter == 3) {
      const double swapped = cos;
      cos = sin;
      sin = swapped;
    }
    if (quarter == 1 || quarter == 2) cos = -cos;
    if (quarter >= 2) sin = -sin;
    float* row = y + int64_t{n} * 2 * half;
    row[i] = known ? static_cast<float>(cos) : nanf("");
    row[half + i] = known ? static_cast<float>(sin) : nanf("");
  }
};

}  // namespace

void sinusoidal(const Sinusoidal& op, Launcher& launcher) {
  const int64_t half = op.width / 2;
  const SinusoidalBody body{op.t.f32(), op.y.f32(), countable(half), std::log(op.maxPeriod)};
  overElements(launcher, op.t.size() * half, body);
}

}  // namespace counterpoint::cuda
