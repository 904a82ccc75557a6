/**
 * The blocks of Stable Diffusion's nets; parameters have the names of diffusers' state dicts.
 *
 * ResnetBlock2D, which adds an embedding of the timestep between its convolutions:
 *
 *     y = shortcut(x) + conv2( silu( norm2( conv1( silu( norm1(x) ) ) + time_emb_proj(embedding) ) ) )
 *
 * Transformer2DModel with one BasicTransformerBlock, whose attn1 sees the pixels and attn2 a context:
 *
 *     h = proj_in(norm(x))   h += attn1(norm1(h))   h += attn2(norm2(h))   h += ff(norm3(h))   y = x + proj_out(h)
 *
 * Activations are [N H W C]. Source: Rombach et al. 2022 (arXiv 2112.10752), section 3.3 and appendix E.2.1.
 */
import type { Graph, Value } from "../graph/graph.js";
import { attention } from "../ops/attention.js";
import { expandTokens } from "../ops/expand-tokens.js";
import { geglu } from "../ops/geglu.js";
import { convLayer, groupNormLayer, layerNormLayer, linearLayer } from "./layers.js";

/** ResnetBlock2D: x [N H W I] -> [N H W outputs]. */
export function resnetBlock(
  graph: Graph,
  name: string,
  x: Value,
  options: {
    outputs: number;
    groups: number;
    /** Of the norms. */
    eps: number;
    /** silu(embedding) [N E]; without it nothing is added. */
    embedding?: Value;
  },
): Value {
  const { outputs, groups, eps, embedding } = options;
  const [count, height, width, inputs] = x.shape;
  return graph.scope(name, () => {
    let h = groupNormLayer(graph, "norm1", x, groups, { eps, activation: "silu" });
    let residual: Value | null = null;
    if (embedding) {
      const row = linearLayer(graph, "time_emb_proj", embedding, outputs);
      // As the residual of conv1 it costs no further trip of h through memory, and on devices with epilogues none of its own.
      const everywhere = expandTokens(graph, { x: row }, { tokens: height * width });
      residual = graph.reshape(everywhere, [count, height, width, outputs]);
    }
    h = convLayer(graph, "conv1", h, outputs, { residual });
    h = groupNormLayer(graph, "norm2", h, groups, { eps, activation: "silu" });
    const shortcut = inputs === outputs ? x : convLayer(graph, "conv_shortcut", x, outputs, { kernel: 1 });
    return convLayer(graph, "conv2", h, outputs, { residual: shortcut });
  });
}

/** Keys and values [N S C] of a context. */
export interface KeysAndValues {
  readonly keys: Value;
  readonly values: Value;
}

/** Attention: residual + to_out( attention(q, k, v) ), queries from x [N T C], keys and values from `context` or from x. */
export function attentionLayer(
  graph: Graph,
  name: string,
  x: Value,
  options: {
    heads: number;
    residual: Value;
    /** Whether queries, keys and values have one. Default false. */
    bias?: boolean;
    context?: KeysAndValues;
  },
): Value {
  const { heads, residual, bias = false, context } = options;
  const channels = x.shape[2];
  return graph.scope(name, () => {
    const q = linearLayer(graph, "to_q", x, channels, { bias });
    const k = context?.keys ?? linearLayer(graph, "to_k", x, channels, { bias });
    const v = context?.values ?? linearLayer(graph, "to_v", x, channels, { bias });
    return linearLayer(graph, "to_out.0", attention(graph, { q, k, v }, { heads }), channels, { residual });
  });
}

/** What proj_in and proj_out are: 1×1 convolutions or linear layers, the same thing in two layouts. */
export type Projection = "conv" | "linear";

/** Transformer2DModel: x [N H W C] -> [N H W C]. */
export function transformer2d(
  graph: Graph,
  name: string,
  x: Value,
  options: { heads: number; groups: number; projection: Projection; context: KeysAndValues },
): Value {
  const { heads, groups, projection, context } = options;
  const channels = x.shape[3];
  const project = (layer: string, value: Value, residual: Value | null) =>
    projection === "conv"
      ? convLayer(graph, layer, value, channels, { kernel: 1, residual })
      : linearLayer(graph, layer, value, channels, { residual });
  return graph.scope(name, () => {
    const n = groupNormLayer(graph, "norm", x, groups, { eps: 1e-6 });
    const tokens = tokensOf(graph, project("proj_in", n, null));
    const h = graph.scope("transformer_blocks.0", () => basicTransformerBlock(graph, tokens, heads, context));
    return project("proj_out", graph.reshape(h, x.shape), x);
  });
}

/** The pixels of x [N H W C] as tokens [N T C]. */
export function tokensOf(graph: Graph, x: Value): Value {
  const [count, height, width, channels] = x.shape;
  return graph.reshape(x, [count, height * width, channels]);
}

function basicTransformerBlock(graph: Graph, x: Value, heads: number, context: KeysAndValues): Value {
  const channels = x.shape[2];
  const norm = (layer: string, value: Value) => layerNormLayer(graph, layer, value);
  let h = attentionLayer(graph, "attn1", norm("norm1", x), { heads, residual: x });
  h = attentionLayer(graph, "attn2", norm("norm2", h), { heads, residual: h, context });
  const halves = linearLayer(graph, "ff.net.0.proj", norm("norm3", h), 8 * channels);
  return linearLayer(graph, "ff.net.2", geglu(graph, { x: halves }), channels, { residual: h });
}
