/**
 * p_ij, the mean of `attention`'s probabilities over the heads: what query i saw (heat maps: Tang et al. 2022, "What the
 * DAAM", §3). A key that a query does not see has 0, and so have all keys of one that sees none. An op of its own, so that
 * `attention` keeps no probabilities in memory. It has no gradient.
 */
import { defineOp } from "../graph/op.js";
import { forEachQuery } from "./attention.js";

export const attentionProbabilities = defineOp({
  name: "attentionProbabilities",
  operands: {
    q: { shape: "N T C" },
    k: { shape: "N S C" },
    keyMask: { shape: "N U", dtype: "f32", optional: true },
  },
  attributes: { heads: { kind: "int" }, causal: { kind: "int", default: 0 } },
  results: { p: { shape: "N T S", dtype: "f32" } },
  where: ["C % heads == 0", "U <= S"],
  flops: "2*N*T*S*C",
  reference({ q, k, keyMask, p }, { heads, causal }) {
    const keyCount = k.shape[1];
    const channels = k.shape[2];
    forEachQuery(q, k, keyMask, { heads, causal }, ({ query, keys, probabilities }) => {
      const row = Math.floor(query / channels);
      for (const [j, key] of keys.entries()) {
        p.data[row * keyCount + (Math.floor(key / channels) % keyCount)] += probabilities[j] / heads;
      }
    });
  },
});
