/**
 * y[i] = the value after `rounds` of s ← s · 0.999 + 0.0001 from s = i mod 192: no memory, nothing but multiply-adds in
 * registers. What it reaches is the machine's peak, which benchmarks measure everything else against.
 */
import { defineOp } from "../graph/op.js";

export const multiplyAdds = defineOp({
  name: "multiplyAdds",
  operands: {},
  attributes: { rounds: { kind: "int" }, count: { kind: "int" } },
  results: { y: { shape: "count", dtype: "f32" } },
  flops: "2*rounds*count",
  reference({ y }, { rounds }) {
    for (let i = 0; i < y.data.length; i++) {
      let sum = i % 192;
      for (let round = 0; round < rounds; round++) sum = sum * 0.999 + 0.0001;
      y.data[i] = sum;
    }
  },
});
