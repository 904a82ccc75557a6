/**
 * sRGB to CIELab, white point D65 (2° observer).
 *
 *     XYZ = M · linear(rgb)     f(t) = ∛t  (t > 216/24389)  else (24389/27 · t + 16)/116
 *     L = 116 f(Y/Yn) − 16      a = 500 (f(X/Xn) − f(Y/Yn))      b = 200 (f(Y/Yn) − f(Z/Zn))
 *
 * IEC 61966-2-1 for the transfer curve and M; CIE 15:2004 for Lab. L is in 0…100, a and b in about −110…100.
 */

const whiteX = 0.3127 / 0.329;
const whiteZ = (1 - 0.3127 - 0.329) / 0.329;
const epsilon = 216 / 24389;
const kappa = 24389 / 27;

/** Linear light of an sRGB value, both in 0…1. */
function linear(value: number): number {
  return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
}

const linearOfByte = Float64Array.from({ length: 256 }, (_, byte) => linear(byte / 255));

function f(t: number): number {
  return t > epsilon ? Math.cbrt(t) : (kappa * t + 16) / 116;
}

/** Writes L, a, b of a linear-light colour to `out` from `offset`. */
function labOfLinear(r: number, g: number, b: number, out: Float64Array, offset: number): void {
  const fx = f((0.4123907992659593 * r + 0.357584339383878 * g + 0.1804807884018343 * b) / whiteX);
  const fy = f(0.2126390058715102 * r + 0.715168678767756 * g + 0.0721923153607337 * b);
  const fz = f((0.0193308187155918 * r + 0.119194779794626 * g + 0.9505321522496607 * b) / whiteZ);
  out[offset] = 116 * fy - 16;
  out[offset + 1] = 500 * (fx - fy);
  out[offset + 2] = 200 * (fy - fz);
}

/** Writes L, a, b of an sRGB colour in 0…1 to `out` from `offset`. */
export function labOfRgb(r: number, g: number, b: number, out: Float64Array, offset = 0): void {
  labOfLinear(linear(r), linear(g), linear(b), out, offset);
}

/** The same for three bytes. */
export function labOfRgb8(r: number, g: number, b: number, out: Float64Array, offset = 0): void {
  labOfLinear(linearOfByte[r], linearOfByte[g], linearOfByte[b], out, offset);
}
