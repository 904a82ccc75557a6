/**
 * Independent standard normals as a pure function of (seed, stream, image, step, element), the same bits on every device:
 *
 *     r₀…r₃ = Philox4x32-10, key (seed low, seed high), counter (⌊element/4⌋, step, image, stream)
 *     ρ = √(−2 ln u(r₀)),  θ = 2π r₁/2³²,  y = (ρ cos θ, ρ sin θ), and two more from r₂, r₃
 *
 * A row of `key` is (seed low, seed high, stream, image). Salmon et al. 2011, section 3; Box & Muller 1958. The largest
 * magnitude is √(66 ln 2) = 6.76. Logarithm, sine and cosine are polynomials of Moshier's Cephes library (logf, sinf, cosf),
 * every operation rounded to f32 and none fused, in the order in which native/cpu/gaussian.cc has them.
 */
import { defineOp } from "../graph/op.js";
import { philox, type Uint32x4 } from "../graph/random.js";

export const gaussian = defineOp({
  name: "gaussian",
  operands: { key: { shape: "N 4", dtype: "i32" }, step: { shape: "1", dtype: "i32" } },
  attributes: { count: { kind: "int" } },
  results: { y: { shape: "N count", dtype: "f32" } },
  reference({ key, step, y }, { count }) {
    for (let n = 0; n < key.shape[0]; n++) {
      const [seedLow, seedHigh, stream, image] = [...key.data.subarray(n * 4, n * 4 + 4)].map((word) => word >>> 0);
      for (let first = 0; first < count; first += 4) {
        const bits = philox([seedLow, seedHigh], [first / 4, step.data[0] >>> 0, image, stream]);
        y.data.set(normals(bits).slice(0, count - first), n * count + first);
      }
    }
  },
});

const f = Math.fround;

/** Four normals from 128 random bits. */
function normals([r0, r1, r2, r3]: Uint32x4): number[] {
  return [...boxMuller(r0, r1), ...boxMuller(r2, r3)];
}

function boxMuller(radiusBits: number, angleBits: number): [number, number] {
  const uniform = f(Math.max(f(radiusBits), 0.5) * 2 ** -32); // in [2⁻³³, 1]
  const radius = f(Math.sqrt(f(-2 * logarithm(uniform))));
  const quarter = ((angleBits + 0x20000000) >>> 0) >>> 30; // the nearest quarter turn; the rest lies in ±π/4
  const rest = f((angleBits - quarter * 0x40000000) | 0);
  const angle = f(rest * f(Math.PI / 2 ** 31));
  const square = f(angle * angle);
  const [s, c] = [sine(angle, square), cosine(square)];
  const swap = (quarter & 1) === 1;
  const cos = (swap ? s : c) * (quarter === 1 || quarter === 2 ? -1 : 1);
  const sin = (swap ? c : s) * (quarter >= 2 ? -1 : 1);
  return [f(radius * cos), f(radius * sin)];
}

/** Σ coefficients[i] · xⁿ⁻¹⁻ⁱ by Horner's rule. */
function polynomial(x: number, coefficients: readonly number[]): number {
  return coefficients.reduce((sum, coefficient) => f(f(sum * x) + coefficient));
}

const logCoefficients = [
  7.0376836292e-2, -1.151461031e-1, 1.167699874e-1, -1.2420140846e-1, 1.4249322787e-1, -1.6668057665e-1,
  2.0000714765e-1, -2.4999993993e-1, 3.3333331174e-1,
].map(f);
const sineCoefficients = [-1.9515295891e-4, 8.3321608736e-3, -1.6666654611e-1].map(f);
const cosineCoefficients = [2.443315711809948e-5, -1.388731625493765e-3, 4.166664568298827e-2].map(f);

/** ln x of a positive normal x = m·2ᵉ, m in [√½, √2): ln 2 is split in two so that e·(its upper part) is exact. */
function logarithm(x: number): number {
  const word = new Float32Array([x]);
  const bits = new Int32Array(word.buffer);
  const exponent = (bits[0] - 0x3f3504f3) >> 23;
  bits[0] -= exponent << 23;
  const m = f(word[0] - 1);
  const square = f(m * m);
  const tail = f(f(m * square) * polynomial(m, logCoefficients));
  const low = f(f(tail + f(exponent * f(-2.1219444e-4))) - f(0.5 * square));
  return f(f(m + low) + f(exponent * 0.693359375));
}

function sine(x: number, square: number): number {
  return f(f(f(polynomial(square, sineCoefficients) * square) * x) + x);
}

function cosine(square: number): number {
  const tail = f(f(polynomial(square, cosineCoefficients) * square) * square);
  return f(f(tail - f(0.5 * square)) + 1);
}
