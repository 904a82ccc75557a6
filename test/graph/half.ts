/** 16-bit floats: every one of them there and back, and every rule of rounding. */
import assert from "node:assert/strict";
import { fromBrains, fromHalves, toBrains, toHalves } from "../../lib/graph/half.js";

// Below its normal range, which is f32's, BF16 is rounded by way of f32.
const formats = [
  { name: "f16", decode: fromHalves, encode: toHalves, infinity: 0x7c00, one: 0x3c00, fraction: 10, first: 0 },
  { name: "bf16", decode: fromBrains, encode: toBrains, infinity: 0x7f80, one: 0x3f80, fraction: 7, first: 0x80 },
] as const;

for (const { name, decode, encode, infinity, one, fraction, first } of formats) {
  const decoded = (bits: Uint16Array): Float64Array => {
    const values = new Float64Array(bits.length);
    decode(bits, values);
    return values;
  };
  const nearest = (value: number) => decoded(encode(Float64Array.of(value)))[0];

  describe(`graph/half: ${name}`, () => {
    const all = Uint16Array.from({ length: 65536 }, (_, bits) => bits).filter((bits) => (bits & 0x7fff) <= infinity);

    it("every number goes there and back, from f32 and from f64", () => {
      const values = decoded(all);
      assert.deepEqual(encode(values), all);
      assert.deepEqual(encode(Float32Array.from(values)), all);
      assert.deepEqual([values[one], values[infinity]], [1, Number.POSITIVE_INFINITY]);
      assert.ok(Number.isNaN(nearest(Number.NaN)));
    });

    it("what lies between two goes to the nearer, from the middle to the even one, however little is missing", () => {
      for (let bits = first; bits + 1 < infinity; bits += 37) {
        const [below, above] = decoded(Uint16Array.of(bits, bits + 1));
        const [middle, step] = [(below + above) / 2, above - below];
        for (const sign of [1, -1]) {
          assert.equal(nearest(sign * middle), sign * (bits % 2 === 0 ? below : above), `the middle above ${below}`);
          // Less than the last place of f32: rounding by way of f32 would land on the middle first.
          assert.equal(
            nearest(sign * (middle - step * 2 ** -20)),
            sign * below,
            `just under the middle above ${below}`,
          );
          assert.equal(nearest(sign * (middle + step * 2 ** -20)), sign * above, `just over the middle above ${below}`);
        }
      }
    });

    it("what is too large is infinite", () => {
      const largest = decoded(Uint16Array.of(infinity - 1))[0];
      const limit = largest * (1 + 2 ** -(fraction + 2) / (1 - 2 ** -(fraction + 1)));
      assert.equal(nearest(limit * (1 - 2 ** -15)), largest);
      assert.equal(nearest(-limit * (1 + 2 ** -15)), Number.NEGATIVE_INFINITY);
      assert.equal(nearest(1e300), Number.POSITIVE_INFINITY);
    });
  });
}
