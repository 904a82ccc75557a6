/**
 * The text encoder of Stable Diffusion: CLIP's, up to the last norm; transformers' CLIPTextModel.
 *
 *     h = token_embedding[ids] + position_embedding
 *     h += out_proj( attention( q(n), k(n), v(n) ) ), causal, n = layer_norm1(h)
 *     h += fc2( act( fc1( layer_norm2(h) ) ) )                                     for every layer
 *     words = final_layer_norm(h)
 *
 * Activations are [N T C]. Source: CLIP (arXiv 2103.00020), section 2.4.
 */
import type { Graph, Initial, Value } from "../graph/graph.js";
import { attention } from "../ops/attention.js";
import { embedding } from "../ops/embedding.js";
import { gelu } from "../ops/gelu.js";
import { quickGelu } from "../ops/quick-gelu.js";
import { layerNormLayer, linearLayer, parameter } from "./layers.js";
import { type TransformerConfig, withPlaces } from "./transformer.js";

export interface SdTextConfig extends TransformerConfig {
  readonly vocabulary: number;
  /** Tokens of a text, start, end and padding among them. */
  readonly words: number;
  /** 1.x has "quickGelu", 2.x "gelu". */
  readonly activation: "gelu" | "quickGelu";
}

const embeddings: Initial = { mean: 0, std: 0.02 };

/** ids [N words] i32 -> the context of the U-Net [N words width]. */
export function encodeWords(graph: Graph, config: SdTextConfig, ids: Value): Value {
  const { vocabulary, words, width, layers } = config;
  return graph.scope("text_model", () => {
    let h = graph.scope("embeddings", () => {
      const table = parameter(graph, "token_embedding.weight", [vocabulary, width], embeddings);
      const places = parameter(graph, "position_embedding.weight", [words, width], embeddings);
      return withPlaces(graph, embedding(graph, { table, ids }), places);
    });
    for (let layer = 0; layer < layers; layer++) {
      h = graph.scope(`encoder.layers.${layer}`, () => encoderLayer(graph, config, h));
    }
    return layerNormLayer(graph, "final_layer_norm", h);
  });
}

function encoderLayer(graph: Graph, { width, heads, activation }: SdTextConfig, x: Value): Value {
  const n = layerNormLayer(graph, "layer_norm1", x);
  const h = graph.scope("self_attn", () => {
    const [q, k, v] = ["q_proj", "k_proj", "v_proj"].map((name) => linearLayer(graph, name, n, width));
    const y = attention(graph, { q, k, v }, { heads, causal: 1 });
    return linearLayer(graph, "out_proj", y, width, { residual: x });
  });
  const act = activation === "gelu" ? gelu : quickGelu;
  const hidden = linearLayer(graph, "mlp.fc1", layerNormLayer(graph, "layer_norm2", h), 4 * width);
  return linearLayer(graph, "mlp.fc2", act(graph, { x: hidden }), width, { residual: h });
}
