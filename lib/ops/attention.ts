/**
 * y_i = Σ_j p_ij v_j with p_i = softmax_j(q_i · k_j / √d), for each of the heads, d = C / heads channels wide, that lie
 * side by side in the channels (Vaswani et al. 2017, "Attention Is All You Need", eq. 1).
 *
 * The softmax runs over the visible ones of all S keys. `keyMask` covers the first U keys: one whose mask is 0 is
 * absent, whatever it holds, and keys from U on are always present. With `causal`, query i sees keys j <= i. A query
 * that sees no key gives zeros. With `rounding` "bf16" devices may round the operands of both products to it, and sum in f32.
 */
import { defineOp, type ReferenceTensor } from "../graph/op.js";

export const attention = defineOp({
  name: "attention",
  operands: {
    q: { shape: "N T C" },
    k: { shape: "N S C" },
    v: { shape: "N S C" },
    keyMask: { shape: "N U", dtype: "f32", optional: true },
  },
  attributes: {
    heads: { kind: "int" },
    causal: { kind: "int", default: 0 },
    rounding: { kind: "choice", values: ["f32", "bf16"], default: "f32" },
  },
  results: { y: { shape: "N T C" } },
  where: ["C % heads == 0", "U <= S"],
  flops: "4*N*T*S*C",
  gradient(graph, { operands: { q, k, v, keyMask }, attributes: { heads, causal }, upstream: { y: dy }, wants }) {
    if (!dy) return {};
    const { dq, dk, dv } = attentionGradient(graph, { q, k, v, keyMask, dy }, { heads, causal });
    return { q: wants("q") ? dq : null, k: wants("k") ? dk : null, v: wants("v") ? dv : null };
  },
  reference({ q, k, v, keyMask, y }, { heads, causal }) {
    forEachQuery(q, k, keyMask, { heads, causal }, ({ query, keys, probabilities, width }) => {
      for (const [j, key] of keys.entries()) {
        for (let c = 0; c < width; c++) y.data[query + c] += probabilities[j] * v.data[key + c];
      }
    });
  },
});

/**
 * The gradients of `attention`, from probabilities computed again. With dp_ij = dy_i · v_j:
 * ds_ij = p_ij (dp_ij − Σ_l p_il dp_il) / √d, dq_i = Σ_j ds_ij k_j, dk_j = Σ_i ds_ij q_i, dv_j = Σ_i p_ij dy_i.
 */
export const attentionGradient = defineOp({
  name: "attentionGradient",
  operands: {
    q: { shape: "N T C" },
    k: { shape: "N S C" },
    v: { shape: "N S C" },
    keyMask: { shape: "N U", dtype: "f32", optional: true },
    dy: { shape: "N T C" },
  },
  attributes: { heads: { kind: "int" }, causal: { kind: "int", default: 0 } },
  results: { dq: { shape: "N T C" }, dk: { shape: "N S C" }, dv: { shape: "N S C" } },
  where: ["C % heads == 0", "U <= S"],
  flops: "10*N*T*S*C",
  reference({ q, k, v, keyMask, dy, dq, dk, dv }, { heads, causal }) {
    forEachQuery(q, k, keyMask, { heads, causal }, ({ query, keys, probabilities, width }) => {
      const dp = keys.map((key) => dot(dy.data, query, v.data, key, width));
      const mean = dp.reduce((sum, value, j) => sum + probabilities[j] * value, 0);
      for (const [j, key] of keys.entries()) {
        const ds = (probabilities[j] * (dp[j] - mean)) / Math.sqrt(width);
        for (let c = 0; c < width; c++) {
          dq.data[query + c] += ds * k.data[key + c];
          dk.data[key + c] += ds * q.data[query + c];
          dv.data[key + c] += probabilities[j] * dy.data[query + c];
        }
      }
    });
  },
});

/** One query of one head: where it and the keys it sees start in [N, T, C] and [N, S, C], and the keys' weights. */
interface QueryRow {
  readonly query: number;
  readonly keys: readonly number[];
  readonly probabilities: readonly number[];
  readonly width: number;
}

/** Calls `body` for every query of every head; for the reference loops of these ops. */
export function forEachQuery(
  q: ReferenceTensor,
  k: ReferenceTensor,
  keyMask: ReferenceTensor | undefined,
  { heads, causal }: { heads: number; causal: number },
  body: (row: QueryRow) => void,
): void {
  const [images, queries, channels] = q.shape;
  const keyCount = k.shape[1];
  const masked = keyMask?.shape[1] ?? 0;
  const width = channels / heads;
  for (let n = 0; n < images; n++) {
    for (let i = 0; i < queries; i++) {
      const visible: number[] = [];
      for (let j = 0; j < (causal ? Math.min(i + 1, keyCount) : keyCount); j++) {
        if (j >= masked || keyMask?.data[n * masked + j] !== 0) visible.push(j);
      }
      for (let head = 0; head < heads; head++) {
        const query = (n * queries + i) * channels + head * width;
        const keys = visible.map((j) => (n * keyCount + j) * channels + head * width);
        const scores = keys.map((key) => dot(q.data, query, k.data, key, width) / Math.sqrt(width));
        body({ query, keys, probabilities: softmax(scores), width });
      }
    }
  }
}

function softmax(scores: readonly number[]): readonly number[] {
  const largest = scores.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  const weights = scores.map((score) => Math.exp(score - largest));
  const sum = weights.reduce((a, b) => a + b, 0);
  return weights.map((weight) => weight / sum);
}

function dot(a: Float64Array, aStart: number, b: Float64Array, bStart: number, length: number): number {
  let sum = 0;
  for (let i = 0; i < length; i++) sum += a[aStart + i] * b[bStart + i];
  return sum;
}
