// The transforms of Winograd's F(4, 3), four outputs of a three-tap correlation for six multiplications, and F(2, 3), two
// for four; and of F(4, 2), four of a two-tap correlation for five, which is what a 3 x 3 convolution over a doubled image is.
//
//   y = A^T [(G g) * (B^T d)],   d: inputs, g: 3 taps, y: outputs
//
// F(4, 3) interpolates at the points 0, p, -p, q, -q and infinity, in this order, F(2, 3) at 0, 1, -1 and infinity. Lavin
// and Gray, "Fast Algorithms for Convolutional Neural Networks", 2016; the points p = 2/3, q = 3/2 lose about half as
// much precision as the textbook's 1 and 2, and p q = 1 makes two of the products vanish. In two dimensions each transform
// is applied to columns, then to rows. The gradient with respect to the taps is G^T [(B^T d) * (A y)], which needs A and
// G^T as well.
//
// Elements are vectors, `from` (`to`) apart: a vector of channels at once.
#pragma once
#include "cpu/simd.h"

namespace counterpoint::COUNTERPOINT_ISA::winograd {

COUNTERPOINT_INLINE Vec constant(double value) { return broadcast(static_cast<float>(value)); }

// The rows of G g that belong to the points x and -x: (g[0] + x^2 g[2] +- x g[1]) / norm, norm being the product of the
// differences between a point and the other finite ones.
struct FilterPoint {
  double x, norm;

  COUNTERPOINT_INLINE void apply(const Vec* g, Vec& plus, Vec& minus) const {
    const Vec even = fma(constant(x * x / norm), g[2], mul(constant(1 / norm), g[0]));
    plus = fma(constant(x / norm), g[1], even);
    minus = fnma(constant(x / norm), g[1], even);
  }
};

struct F4 {
  static constexpr int outputs = 4, inputs = 6, frequencies = inputs * inputs;
  static constexpr double p = 2.0 / 3.0, q = 1.5;
  static constexpr double normP = 2 * p * p * (p * p - q * q), normQ = 2 * q * q * (q * q - p * p);
  static constexpr FilterPoint points[] = {{p, normP}, {q, normQ}};

  // A polynomial at p, -p, q, -q, from its even part there and its odd part over the point.
  template <int to>
  static COUNTERPOINT_INLINE void atPoints(Vec evenP, Vec oddP, Vec evenQ, Vec oddQ, Vec* v) {
    v[to] = fma(constant(p), oddP, evenP);
    v[2 * to] = fnma(constant(p), oddP, evenP);
    v[3 * to] = fma(constant(q), oddQ, evenQ);
    v[4 * to] = fnma(constant(q), oddQ, evenQ);
  }

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
      atPoints<to>(evenP, oddP, evenQ, oddQ, v);
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
      atPoints<to>(evenP, oddP, evenQ, oddQ, v);
      v[5 * to] = y[3 * from];
    }
  };

  // G^T u: 6 to 3, the transpose of G g.
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
};

struct F2 {
  static constexpr int outputs = 2, inputs = 4, frequencies = inputs * inputs;
  static constexpr FilterPoint points[] = {{1, 2}};

  // B^T d: 4 to 4.
  struct Input {
    static constexpr int size = 4, result = 4;
    template <int from, int to>
    static COUNTERPOINT_INLINE void apply(const Vec* d, Vec* v) {
      v[0] = sub(d[0], d[2 * from]);
      v[to] = add(d[2 * from], d[from]);
      v[2 * to] = sub(d[2 * from], d[from]);
      v[3 * to] = sub(d[3 * from], d[from]);
    }
  };

  // A^T m: 4 to 2.
  struct Output {
    static constexpr int size = 4, result = 2;
    template <int from, int to>
    static COUNTERPOINT_INLINE void apply(const Vec* m, Vec* y) {
      y[0] = add(m[0], add(m[from], m[2 * from]));
      y[to] = add(sub(m[from], m[2 * from]), m[3 * from]);
    }
  };
};

// At the points p, -p, q, -q and infinity. p = 1/2, q = 5/4: its error is below that of F(4, 3) over nine taps.
struct F4of2 {
  static constexpr int outputs = 4, inputs = 5, frequencies = inputs * inputs;
  static constexpr double p = 0.5, q = 1.25;
  static constexpr double normP = 2 * p * (p * p - q * q), normQ = 2 * q * (q * q - p * p);

  // B^T d: 5 to 5.
  struct Input {
    static constexpr int size = 5, result = 5;
    template <int from, int to>
    static COUNTERPOINT_INLINE void apply(const Vec* d, Vec* v) {
      const Vec evenP = fnma(constant(q * q), d[from], d[3 * from]), oddP = fnma(constant(q * q), d[0], d[2 * from]);
      const Vec evenQ = fnma(constant(p * p), d[from], d[3 * from]), oddQ = fnma(constant(p * p), d[0], d[2 * from]);
      v[0] = fma(constant(p), oddP, evenP);
      v[to] = fnma(constant(p), oddP, evenP);
      v[2 * to] = fma(constant(q), oddQ, evenQ);
      v[3 * to] = fnma(constant(q), oddQ, evenQ);
      v[4 * to] = fma(constant(p * p * q * q), d[0], fnma(constant(p * p + q * q), d[2 * from], d[4 * from]));
    }
  };

  // A^T m: 5 to 4.
  struct Output {
    static constexpr int size = 5, result = 4;
    template <int from, int to>
    static COUNTERPOINT_INLINE void apply(const Vec* m, Vec* y) {
      const Vec sumP = add(m[0], m[from]), differenceP = sub(m[0], m[from]);
      const Vec sumQ = add(m[2 * from], m[3 * from]), differenceQ = sub(m[2 * from], m[3 * from]);
      y[0] = add(sumP, sumQ);
      y[to] = fma(constant(q), differenceQ, mul(constant(p), differenceP));
      y[2 * to] = fma(constant(q * q), sumQ, mul(constant(p * p), sumP));
      y[3 * to] = fma(constant(q * q * q), differenceQ, fma(constant(p * p * p), differenceP, m[4 * from]));
    }
  };

  // G g: 2 to 5.
  static COUNTERPOINT_INLINE void filter(Vec first, Vec second, Vec* u) {
    u[0] = fma(constant(p / normP), second, mul(constant(1 / normP), first));
    u[1] = fma(constant(p / normP), second, mul(constant(-1 / normP), first));
    u[2] = fma(constant(q / normQ), second, mul(constant(1 / normQ), first));
    u[3] = fma(constant(q / normQ), second, mul(constant(-1 / normQ), first));
    u[4] = second;
  }
};

// A transform `T` in two dimensions: `source(i)` gives element i of [T::size][T::size], and `sink(i, value)` takes element
// i of [T::result][T::result] as soon as it is known, so that they are not all held in registers.
template <class T, class Source, class Sink>
COUNTERPOINT_INLINE void inTwoDimensions(const Source& source, const Sink& sink) {
  Vec middle[T::result * T::size];
  COUNTERPOINT_UNROLL
  for (int column = 0; column < T::size; ++column) {
    Vec in[T::size];
    COUNTERPOINT_UNROLL
    for (int i = 0; i < T::size; ++i) in[i] = source(i * T::size + column);
    T::template apply<1, T::size>(in, middle + column);
  }
  COUNTERPOINT_UNROLL
  for (int line = 0; line < T::result; ++line) {
    Vec out[T::result];
    T::template apply<1, 1>(middle + line * T::size, out);
    COUNTERPOINT_UNROLL
    for (int i = 0; i < T::result; ++i) sink(line * T::result + i, out[i]);
  }
}

// One line of G g G^T from a line of G g: `sink(column, value)` for each of its columns.
template <class F, class Sink>
COUNTERPOINT_INLINE void filterLine(const Vec* g, const Sink& sink) {
  sink(0, g[0]);
  int column = 1;
  COUNTERPOINT_UNROLL
  for (const FilterPoint& point : F::points) {
    Vec plus, minus;
    point.apply(g, plus, minus);
    sink(column++, plus);
    sink(column++, minus);
  }
  sink(column, g[2]);
}

// The two taps by which one of the two phases of a doubled line is made of the line, from its three: where `second` is 0
// the latter two fall on one pixel, and where it is 1 the former two.
COUNTERPOINT_INLINE void tapsOfPhase(Vec second, const Vec* g, Vec* taps) {
  taps[0] = fma(second, g[1], g[0]);
  taps[1] = fma(sub(broadcast(1.0f), second), g[1], g[2]);
}

// G g G^T of the 2 x 2 taps of a phase, from 3 x 3 given and taken as in `inTwoDimensions`.
template <class Source, class Sink>
COUNTERPOINT_INLINE void phaseInTwoDimensions(Vec lower, Vec right, const Source& source, const Sink& sink) {
  Vec rows[2][3];
  COUNTERPOINT_UNROLL
  for (int column = 0; column < 3; ++column) {
    const Vec g[3] = {source(column), source(3 + column), source(6 + column)};
    Vec taps[2];
    tapsOfPhase(lower, g, taps);
    rows[0][column] = taps[0], rows[1][column] = taps[1];
  }
  Vec first[2], second[2], left[F4of2::inputs], other[F4of2::inputs];
  tapsOfPhase(right, rows[0], first);
  tapsOfPhase(right, rows[1], second);
  F4of2::filter(first[0], second[0], left);
  F4of2::filter(first[1], second[1], other);
  COUNTERPOINT_UNROLL
  for (int line = 0; line < F4of2::inputs; ++line) {
    Vec out[F4of2::inputs];
    F4of2::filter(left[line], other[line], out);
    COUNTERPOINT_UNROLL
    for (int column = 0; column < F4of2::inputs; ++column) sink(line * F4of2::inputs + column, out[column]);
  }
}

// G g G^T of 3 x 3 taps, given and taken as in `inTwoDimensions`; two lines at a time, so that sixteen registers do.
template <class F, class Source, class Sink>
COUNTERPOINT_INLINE void filterInTwoDimensions(const Source& source, const Sink& sink) {
  const auto line = [&](int index, const Vec* g) __attribute__((always_inline)) {
    filterLine<F>(g, [&](int column, Vec value)
                         __attribute__((always_inline)) { sink(index * F::inputs + column, value); });
  };
  const Vec first[3] = {source(0), source(1), source(2)};
  line(0, first);
  int index = 1;
  COUNTERPOINT_UNROLL
  for (const FilterPoint& point : F::points) {
    Vec plus[3], minus[3];
    COUNTERPOINT_UNROLL
    for (int column = 0; column < 3; ++column) {
      const Vec g[3] = {source(column), source(3 + column), source(6 + column)};
      point.apply(g, plus[column], minus[column]);
    }
    line(index++, plus);
    line(index++, minus);
  }
  const Vec last[3] = {source(6), source(7), source(8)};
  line(index, last);
}

}  // namespace counterpoint::COUNTERPOINT_ISA::winograd
