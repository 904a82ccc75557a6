/**
 * A transformer with the norm before each branch (pre-LN):
 *
 *     x = x + out( attention( q(n), k(n), v(n) ) ),  n = norm1(x)
 *     x = x + fc2( gelu( fc1( norm2(x) ) ) )
 *
 * Activations are [N T C]. Source: Radford et al. 2019, section 2.3; CLIP (arXiv 2103.00020), section 2.4.
 */
import type { Graph, Value } from "../graph/graph.js";
import { addMasked } from "../ops/add-masked.js";
import { attention } from "../ops/attention.js";
import { fill } from "../ops/fill.js";
import { gelu } from "../ops/gelu.js";
import { layerNormLayer, linearLayer, parameter } from "./layers.js";

export interface TransformerConfig {
  readonly width: number;
  readonly layers: number;
  readonly heads: number;
}

/** Adds a learned vector to each place, runs the layers and norms the result: x [N T C] -> [N T C]. */
export function transformer(graph: Graph, config: TransformerConfig, x: Value, causal: boolean): Value {
  const [, tokens, width] = x.shape;
  let h = withPlaces(graph, x, parameter(graph, "places", [tokens, width], { mean: 0, std: 0.25 }));
  for (let layer = 0; layer < config.layers; layer++) {
    h = graph.scope(`${layer}`, () => transformerLayer(graph, config, h, causal));
  }
  return layerNormLayer(graph, "norm", h);
}

function transformerLayer(graph: Graph, { width, layers, heads }: TransformerConfig, x: Value, causal: boolean): Value {
  // Branch outputs start small, so that the sum over all branches starts at the size of one (GPT-2).
  const gain = 1 / Math.sqrt(2 * layers);
  const n = layerNormLayer(graph, "norm1", x);
  const y = attention(
    graph,
    {
      q: linearLayer(graph, "query", n, width),
      // A bias here would add the same to every logit of a query, which the softmax takes out again.
      k: linearLayer(graph, "key", n, width, { bias: false }),
      v: linearLayer(graph, "value", n, width),
    },
    { heads, causal: causal ? 1 : 0 },
  );
  const h = linearLayer(graph, "out", y, width, { gain, residual: x });
  const hidden = linearLayer(graph, "fc1", layerNormLayer(graph, "norm2", h), 4 * width);
  return linearLayer(graph, "fc2", gelu(graph, { x: hidden }), width, { gain, residual: h });
}

/** x [N T C] plus the same places [T C] for every n: a plane of one image that every row of the batch takes. */
export function withPlaces(graph: Graph, x: Value, places: Value): Value {
  const [count, tokens, width] = x.shape;
  const sum = addMasked(graph, {
    base: graph.reshape(x, [count, 1, tokens, width]),
    plane: graph.reshape(places, [1, 1, tokens, width]),
    mask: fill(graph, {}, { count, value: 1 }),
  });
  return graph.reshape(sum, x.shape);
}
