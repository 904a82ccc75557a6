/**
 * The layers nets are made of: an op with its parameters.
 *
 * A parameter is named after the scope path it is asked for under, so that names in files, frames in error messages
 * and the code that builds a net agree: `unet.down.0.0.conv1.weight`. Nets open their own outermost scope, those
 * with published weights the scopes of their state dicts.
 */
import type { Graph, Initial, Value } from "../graph/graph.js";
import { conv2d } from "../ops/conv2d.js";
import { groupNorm } from "../ops/group-norm.js";
import { layerNorm } from "../ops/layer-norm.js";
import { linear } from "../ops/linear.js";

const zeros: Initial = { mean: 0, std: 0 };
const ones: Initial = { mean: 1, std: 0 };

/** A parameter of the part of the net that is being built. */
export function parameter(graph: Graph, name: string, shape: readonly number[], initial: Initial): Value {
  return graph.parameter(`${graph.frame()}.${name}`, shape, initial);
}

/** Normals under which a sum over `inputs` unit terms has standard deviation `gain`; 0 starts a branch as its skip. */
function weights(inputs: number, gain: number): Initial {
  return { mean: 0, std: gain / Math.sqrt(inputs) };
}

/** y [... outputs] = x [... I] · weight + bias (+ residual). */
export function linearLayer(
  graph: Graph,
  name: string,
  x: Value,
  outputs: number,
  { gain = 1, bias = true, residual = null }: { gain?: number; bias?: boolean; residual?: Value | null } = {},
): Value {
  return graph.scope(name, () => {
    const inputs = x.shape[x.shape.length - 1];
    return linear(graph, {
      x,
      weight: parameter(graph, "weight", [inputs, outputs], weights(inputs, gain)),
      bias: bias ? parameter(graph, "bias", [outputs], zeros) : null,
      residual,
    });
  });
}

/** How a convolution samples; `upsample` is nearest and comes before it, `residual` is added after it. */
export interface ConvOptions {
  readonly kernel?: number;
  readonly stride?: number;
  readonly upsample?: number;
  readonly gain?: number;
  readonly residual?: Value | null;
}

/** y [N H' W' outputs]: a convolution over x [N H W I] with zero padding that keeps the size at stride 1. */
export function convLayer(
  graph: Graph,
  name: string,
  x: Value,
  outputs: number,
  { kernel = 3, stride = 1, upsample = 1, gain = 1, residual = null }: ConvOptions = {},
): Value {
  return graph.scope(name, () => {
    const inputs = x.shape[3];
    const weight = parameter(
      graph,
      "weight",
      [kernel, kernel, inputs, outputs],
      weights(kernel * kernel * inputs, gain),
    );
    return conv2d(
      graph,
      { x, weight, bias: parameter(graph, "bias", [outputs], zeros), residual },
      { stride, upsample },
    );
  });
}

/** Scale and shift of every channel [N C], computed from an embedding (FiLM). */
export interface Modulation {
  readonly scale: Value;
  readonly shift: Value;
}

/** act((x̂γ + β)(1 + scale) + shift), statistics by image and group. */
export function groupNormLayer(
  graph: Graph,
  name: string,
  x: Value,
  groups: number,
  {
    eps,
    activation = "none",
    modulation,
  }: { eps?: number; activation?: "none" | "silu"; modulation?: Modulation } = {},
): Value {
  return graph.scope(name, () => {
    const channels = x.shape[x.shape.length - 1];
    const gamma = parameter(graph, "weight", [channels], ones);
    const beta = parameter(graph, "bias", [channels], zeros);
    return groupNorm(graph, { x, gamma, beta, ...modulation }, { groups, eps, activation });
  });
}

/** x̂γ + β, statistics by row. */
export function layerNormLayer(graph: Graph, name: string, x: Value): Value {
  return graph.scope(name, () => {
    const channels = x.shape[x.shape.length - 1];
    const gamma = parameter(graph, "weight", [channels], ones);
    return layerNorm(graph, { x, gamma, beta: parameter(graph, "bias", [channels], zeros) });
  });
}
