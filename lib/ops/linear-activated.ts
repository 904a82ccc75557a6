/**
 * A linear layer and the activation behind it, z = x · weight + bias over the last axis. Made by a pass, after gradients.
 *
 *     linearActivated   y = f(z), f one of the ops that `activation` names
 *     linearGated       y = a · gelu(b), a the first and b the second half of z: see `geglu`
 */
import type { Graph, Value } from "../graph/graph.js";
import { defineOp, type ReferenceTensor } from "../graph/op.js";
import { product } from "../graph/pattern.js";
import { geglu } from "./geglu.js";
import { gelu } from "./gelu.js";
import { linear } from "./linear.js";
import { quickGelu } from "./quick-gelu.js";
import { silu } from "./silu.js";

const operands = {
  x: { shape: "... I" },
  weight: { shape: "I O", dtype: "weight" },
  bias: { shape: "O", dtype: "f32", optional: true },
} as const;

/** What may stand behind a linear layer, by the names of the attribute. */
export const activations = { silu, gelu, quickGelu } as const;

export const linearActivated = defineOp({
  name: "linearActivated",
  operands,
  attributes: { activation: { kind: "choice", values: ["silu", "gelu", "quickGelu"], default: "silu" } },
  results: { y: { shape: "... O" } },
  flops: "2*rows*I*O",
  definition: (graph: Graph, layer, { activation }): Value =>
    activations[activation](graph, { x: linear(graph, layer) }),
  reference({ y, ...layer }, { activation }) {
    activations[activation].definition.reference({ x: sums(layer), y }, {});
  },
});

export const linearGated = defineOp({
  name: "linearGated",
  operands,
  results: { y: { shape: "... O/2" } },
  flops: "2*rows*I*O",
  definition: (graph: Graph, layer): Value => geglu(graph, { x: linear(graph, layer) }),
  reference({ y, ...layer }) {
    geglu.definition.reference({ x: sums(layer), y }, {});
  },
});

interface Layer {
  readonly x: ReferenceTensor;
  readonly weight: ReferenceTensor;
  readonly bias?: ReferenceTensor;
}

/** z of a layer. */
function sums(layer: Layer): ReferenceTensor {
  const shape = [...layer.x.shape.slice(0, -1), layer.weight.shape[1]];
  const z = { shape, data: new Float64Array(product(shape)) };
  linear.definition.reference({ ...layer, y: z }, {});
  return z;
}
