/** The 16-bit floats: IEEE binary16 (F16) and the upper half of binary32 (BF16), exactly and at speed. */

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
export function fromHalves(halves: Uint16Array, values: Float32Array | Float64Array): void {
  for (let i = 0; i < values.length; i++) values[i] = ofHalf[halves[i]];
}

/** BF16 bits to numbers. */
export function fromBrains(brains: Uint16Array, values: Float32Array | Float64Array): void {
  const scratch = new Float32Array(1);
  const bits = new Uint32Array(scratch.buffer);
  for (let i = 0; i < values.length; i++) {
    bits[0] = brains[i] << 16;
    values[i] = scratch[0];
  }
}

/** The F16 bits nearest to each number, of two equally near the even ones; from ±65520 on infinity. */
export function toHalves(values: Float32Array | Float64Array): Uint16Array {
  return encoded(values, (number, word) => {
    const sign = (word[0] >>> 16) & 0x8000;
    const magnitude = word[0] & 0x7fffffff;
    if (magnitude >= 0x47800000) return sign | (magnitude > 0x7f800000 ? 0x7e00 : 0x7c00);
    if (magnitude < 0x38800000) {
      // Below 2⁻¹⁴ F16 counts in units of 2⁻²⁴, the spacing of f32 around ½: adding ½ rounds as needed.
      number[0] = Math.abs(number[0]) + 0.5;
      return sign | (word[0] - 0x3f000000);
    }
    // Moves the exponent's zero from 127 to 15, and rounds off 13 bits of fraction; a carry belongs to the exponent.
    const odd = (magnitude >>> 13) & 1;
    return sign | ((magnitude - 0x38000000 + 0xfff + odd) >>> 13);
  });
}

/** The BF16 bits nearest to each number, of two equally near the even ones; below 2⁻¹²⁶ by way of f32. */
export function toBrains(values: Float32Array | Float64Array): Uint16Array {
  if (values instanceof Float64Array) return encoded(values, (_, word) => brainOf(word[0]));
  // The bits of what is f32 already, as a whole model's weights are, need no copies on the way.
  const words = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const brains = new Uint16Array(words.length);
  for (let i = 0; i < words.length; i++) brains[i] = brainOf(words[i]);
  return brains;
}

/** Of an f32's bits. */
function brainOf(word: number): number {
  if ((word & 0x7fffffff) > 0x7f800000) return 0x7fc0;
  return (word + 0x7fff + ((word >>> 16) & 1)) >>> 16;
}

/** `encode` of every value as an f32 and its bits, which it may use as scratch. */
function encoded(
  values: Float32Array | Float64Array,
  encode: (number: Float32Array, word: Uint32Array) => number,
): Uint16Array {
  const halves = new Uint16Array(values.length);
  const number = new Float32Array(1);
  const word = new Uint32Array(number.buffer);
  const double = new Float64Array(1);
  const [low, high] = [0, 1];
  const doubleWords = new Uint32Array(double.buffer);
  for (let i = 0; i < values.length; i++) {
    // An f64 keeps its upper 20 bits of fraction and, in the last of them, whether more followed: that is exact in f32, and
    // the one rounding is the one to 16 bits.
    double[0] = values[i];
    if (doubleWords[low] !== 0) {
      doubleWords[high] |= 1;
      doubleWords[low] = 0;
    }
    number[0] = double[0];
    halves[i] = encode(number, word);
  }
  return halves;
}
