/** The 16-bit floats of weights files: IEEE binary16 (F16) and the upper half of binary32 (BF16), exactly and at speed. */

/** The number with the F16 bits `half`: sign, 5 bits of exponent, 10 of fraction. */
function decoded(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >> 10) & 31;
  const fraction = half & 1023;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1024 + fraction) * 2 ** (exponent - 25);
}

const ofHalf = Float32Array.from({ length: 65536 }, (_, half) => decoded(half));

/** F16 bits to numbers. */
export function fromHalves(halves: Uint16Array, values: Float32Array): void {
  for (let i = 0; i < values.length; i++) values[i] = ofHalf[halves[i]];
}

/** BF16 bits to numbers. */
export function fromBrains(brains: Uint16Array, values: Float32Array): void {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  for (let i = 0; i < bits.length; i++) bits[i] = brains[i] << 16;
}

/** The F16 bits nearest to each number, of two equally near the even ones; from ±65520 on infinity. */
export function toHalves(values: Float32Array): Uint16Array {
  const halves = new Uint16Array(values.length);
  const scratch = new Float32Array(1);
  const bits = new Uint32Array(scratch.buffer);
  for (let i = 0; i < values.length; i++) {
    scratch[0] = values[i];
    const sign = (bits[0] >>> 16) & 0x8000;
    const magnitude = bits[0] & 0x7fffffff;
    if (magnitude >= 0x47800000) {
      halves[i] = sign | (magnitude > 0x7f800000 ? 0x7e00 : 0x7c00);
    } else if (magnitude < 0x38800000) {
      // Below 2⁻¹⁴ F16 counts in units of 2⁻²⁴, the spacing of f32 around ½: adding ½ rounds as needed.
      scratch[0] = Math.abs(values[i]) + 0.5;
      halves[i] = sign | (bits[0] - 0x3f000000);
    } else {
      // Moves the exponent's zero from 127 to 15, and rounds off 13 bits of fraction; a carry belongs to the exponent.
      const odd = (magnitude >>> 13) & 1;
      halves[i] = sign | ((magnitude - 0x38000000 + 0xfff + odd) >>> 13);
    }
  }
  return halves;
}
