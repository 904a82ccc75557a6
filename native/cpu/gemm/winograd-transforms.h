// The one-dimensional transforms of Winograd's F(4, 3): four outputs of a three-tap correlation for six
// multiplications.
//
//   y = A^T [(G g) * (B^T d)],   d: 6 inputs, g: 3 taps, y: 4 outputs
//
// at the interpolation points 0, p, -p, q, -q and infinity, in this order. Lavin and Gray, "Fast Algorithms for
// Convolutional Neural Networks", 2016; the points p = 2/3, q = 3/2 lose about half as much precision as the textbook's
// 1 and 2, and p q = 1 makes two of the products vanish. In two dimensions each is applied to columns, then to rows.
// The gradient with respect to the taps is G^T [(B^T d) * (A y)], which needs A and G^T as well.
//
// Elements are vectors, `from` (`to`) apart: a vector of channels at once.
#pragma once
#include "cpu/simd.h"

namespace counterpoint::COUNTERPOINT_ISA::winograd {

constexpr int outputs = 4, inputs = 6, frequencies = inputs * inputs;

constexpr double p = 2.0 / 3.0, q = 1.5;
// The products of the differences between a point and the other finite ones, for +-p and +-q; for 0 it is p^2 q^2 = 1.
constexpr double normP = 2 * p * p * (p * p - q * q), normQ = 2 * q * q * (q * q - p * p);

COUNTERPOINT_INLINE Vec constant(double value) { return broadcast(static_cast<float>(value)); }

// B^T d: 6 to 6. Row a holds the coefficients of the product of (x - b) over the other finite points b.
struct Input {
  static constexpr int size = 6, result = 6;
  template <int from, int to>
  static COUNTERPOINT_INLINE void apply(const Vec* d, Vec* v) {
    const Vec sum = constant(p * p + q * q);
    v[0] = add(fnma(sum, d[2 * from], d[0]), d[4 * from]);
    v[5 * to] = add(fnma(sum, d[3 * from], d[from]), d[5 * from]);
    const Vec evenP = fnma(constant(q * q), d[2 * from], d[4 * from]),
              oddP = fnma(constant(q * q), d[from], d[3 * from]);
    const Vec evenQ = fnma(constant(p * p), d[2 * from], d[4 * from]),
              oddQ = fnma(constant(p * p), d[from], d[3 * from]);
    v[to] = fma(constant(p), oddP, evenP);
    v[2 * to] = fnma(constant(p), oddP, evenP);
    v[3 * to] = fma(constant(q), oddQ, evenQ);
    v[4 * to] = fnma(constant(q), oddQ, evenQ);
  }
};

// A^T m: 6 to 4. Output k weighs point a with a^k.
struct Output {
  static constexpr int size = 6, result = 4;
  template <int from, int to>
  static COUNTERPOINT_INLINE void apply(const Vec* m, Vec* y) {
    const Vec sumP = add(m[from], m[2 * from]), differenceP = sub(m[from], m[2 * from]);
    const Vec sumQ = add(m[3 * from], m[4 * from]), differenceQ = sub(m[3 * from], m[4 * from]);
    y[0] = add(add(m[0], sumP), sumQ);
    y[to] = fma(constant(q), differenceQ, mul(constant(p), differenceP));
    y[2 * to] = fma(constant(q * q), sumQ, mul(constant(p * p), sumP));
    y[3 * to] = fma(constant(q * q * q), differenceQ, fma(constant(p * p * p), differenceP, m[5 * from]));
  }
};

// A y: 4 to 6, the transpose of the above.
struct OutputGradient {
  static constexpr int size = 4, result = 6;
  template <int from, int to>
  static COUNTERPOINT_INLINE void apply(const Vec* y, Vec* v) {
    const Vec evenP = fma(constant(p * p), y[2 * from], y[0]), oddP = fma(constant(p * p), y[3 * from], y[from]);
    const Vec evenQ = fma(constant(q * q), y[2 * from], y[0]), oddQ = fma(constant(q * q), y[3 * from], y[from]);
    v[0] = y[0];
    v[to] = fma(constant(p), oddP, evenP);
    v[2 * to] = fnma(constant(p), oddP, evenP);
    v[3 * to] = fma(constant(q), oddQ, evenQ);
    v[4 * to] = fnma(constant(q), oddQ, evenQ);
    v[5 * to] = y[3 * from];
  }
};

// G g: 3 to 6.
struct Filter {
  static constexpr int size = 3, result = 6;
  template <int from, int to>
  static COUNTERPOINT_INLINE void apply(const Vec* g, Vec* u) {
    const Vec evenP = fma(constant(p * p / normP), g[2 * from], mul(constant(1 / normP), g[0]));
    const Vec evenQ = fma(constant(q * q / normQ), g[2 * from], mul(constant(1 / normQ), g[0]));
    u[0] = g[0];
    u[to] = fma(constant(p / normP), g[from], evenP);
    u[2 * to] = fnma(constant(p / normP), g[from], evenP);
    u[3 * to] = fma(constant(q / normQ), g[from], evenQ);
    u[4 * to] = fnma(constant(q / normQ), g[from], evenQ);
    u[5 * to] = g[2 * from];
  }
};

// G^T u: 6 to 3, the transpose of the above.
struct FilterGradient {
  static constexpr int size = 6, result = 3;
  template <int from, int to>
  static COUNTERPOINT_INLINE void apply(const Vec* u, Vec* g) {
    const Vec sumP = add(u[from], u[2 * from]), differenceP = sub(u[from], u[2 * from]);
    const Vec sumQ = add(u[3 * from], u[4 * from]), differenceQ = sub(u[3 * from], u[4 * from]);
    g[0] = fma(constant(1 / normQ), sumQ, fma(constant(1 / normP), sumP, u[0]));
    g[to] = fma(constant(q / normQ), differenceQ, mul(constant(p / normP), differenceP));
    g[2 * to] = fma(constant(q * q / normQ), sumQ, fma(constant(p * p / normP), sumP, u[5 * from]));
  }
};

// A transform `T` in two dimensions: in [T::size][T::size] to out [T::result][T::result], columns first.
template <class T>
COUNTERPOINT_INLINE void inTwoDimensions(const Vec* in, Vec* out) {
  Vec middle[T::result * T::size];
  COUNTERPOINT_UNROLL
  for (int column = 0; column < T::size; ++column) T::template apply<T::size, T::size>(in + column, middle + column);
  COUNTERPOINT_UNROLL
  for (int line = 0; line < T::result; ++line) T::template apply<1, 1>(middle + line * T::size, out + line * T::result);
}

}  // namespace counterpoint::COUNTERPOINT_ISA::winograd
