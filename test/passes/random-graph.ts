/**
 * Random small graphs, repeatable by seed: images [2, 4, 4, 8] through convolutions, norms, sums, slices, views and
 * states, with the patterns that simplify and fuse look for, and values that are dead.
 */
import { Graph, type Value } from "../../lib/graph/graph.js";
import { product } from "../../lib/graph/pattern.js";
import { add } from "../../lib/ops/add.js";
import { concatChannels } from "../../lib/ops/concat-channels.js";
import { conv2d } from "../../lib/ops/conv2d.js";
import { downsample } from "../../lib/ops/downsample.js";
import { fill } from "../../lib/ops/fill.js";
import { groupNorm } from "../../lib/ops/group-norm.js";
import { linear } from "../../lib/ops/linear.js";
import { modulate } from "../../lib/ops/modulate.js";
import { scaleBy } from "../../lib/ops/scale-by.js";
import { silu } from "../../lib/ops/silu.js";
import { sliceChannels } from "../../lib/ops/slice-channels.js";
import { store } from "../../lib/ops/store.js";
import { upsample } from "../../lib/ops/upsample.js";
import { type Random, seeded } from "../random.js";

const [N, H, W, C] = [2, 4, 4, 8];
const image = [N, H, W, C];
const tokens = [N, H * W, C];

export interface RandomGraph {
  readonly graph: Graph;
  /** Every image that was computed. */
  readonly values: readonly Value[];
  readonly parameters: readonly Value[];
  /** Contents for `interpret`, of every leaf. */
  readonly leaves: Map<string, Float64Array>;
}

/** A graph of about `size` steps; with `states`, state leaves are read and stored in between and at the end. */
export function randomGraph(seed: number, size: number, { states }: { states: boolean }): RandomGraph {
  const random = seeded(seed);
  const graph = new Graph();
  const values: Value[] = [graph.input("x", image)];
  const stateLeaves = states ? [0, 1, 2].map((index) => graph.state(`state ${index}`, image)) : [];
  values.push(...stateLeaves);
  const builder = new Builder(graph, random);
  for (let step = 0; step < size; step++) {
    const recent = () => values[Math.max(0, values.length - 1 - random.below(4))];
    const value = graph.scope(`step ${step}`, () => builder.step(step, recent));
    values.push(value);
    if (states && random.below(4) === 0) store(graph, { value: recent(), target: stateLeaves[random.below(3)] });
  }
  if (states) store(graph, { value: values.at(-1)!, target: stateLeaves[0] });
  const leaves = new Map(
    [...graph.leaves].map(([key, leaf]) => [key, random.normals(product(leaf.shape)).map((x) => Math.fround(x / 2))]),
  );
  const computed = values.filter((value) => !value.leaf);
  return { graph, values: computed, parameters: builder.parameters, leaves };
}

class Builder {
  readonly parameters: Value[] = [];

  constructor(
    private readonly graph: Graph,
    private readonly random: Random,
  ) {}

  private parameter(name: string, shape: number[]): Value {
    const value = this.graph.parameter(`${this.graph.frame()}.${name}`, shape);
    this.parameters.push(value);
    return value;
  }

  private norm(x: Value): Value {
    const gamma = this.parameter("gamma", [C]);
    return groupNorm(this.graph, { x, gamma, beta: this.parameter("beta", [C]) }, { groups: 2 });
  }

  private convolve(x: Value, stride = 1): Value {
    const weight = this.parameter("weight", [3, 3, x.shape[3], C]);
    return conv2d(this.graph, { x, weight, bias: this.parameter("bias", [C]) }, { stride });
  }

  step(index: number, recent: () => Value): Value {
    const { graph } = this;
    const x = recent();
    const steps: (() => Value)[] = [
      () => add(graph, { a: x, b: recent() }),
      () => add(graph, { a: recent(), b: this.convolve(this.norm(x)) }),
      () => silu(graph, { x: this.norm(x) }),
      () => {
        const embedding = graph.input(`embedding ${index % 2}`, [N, C]);
        const y = modulate(graph, { x: this.norm(x), scale: embedding, shift: this.parameter("shift", [N, C]) });
        return this.random.below(2) ? silu(graph, { x: y }) : y;
      },
      () => this.convolve(upsample(graph, { x }), 2),
      () => downsample(graph, { x: this.convolve(upsample(graph, { x: this.norm(x) })) }),
      () => this.norm(this.convolve(concatChannels(graph, { a: x, b: recent() }))),
      () => {
        const both = concatChannels(graph, { a: x, b: recent() });
        return sliceChannels(graph, { x: both }, { begin: this.random.below(2) * C, count: C });
      },
      () => {
        const half = (begin: number) => sliceChannels(graph, { x }, { begin, count: C / 2 });
        return concatChannels(graph, { a: half(0), b: half(this.random.below(2) * (C / 2)) });
      },
      () => scaleBy(graph, { x: scaleBy(graph, { x }, { factor: [1, 0.5, -2][index % 3] }) }, { factor: 0.5 }),
      () => add(graph, { a: x, b: graph.reshape(fill(graph, {}, { count: product(image), value: 0 }), image) }),
      () => {
        const y = linear(graph, { x: graph.reshape(this.norm(x), tokens), weight: this.parameter("weight", [C, C]) });
        return add(graph, { a: graph.reshape(y, image), b: x });
      },
    ];
    return steps[this.random.below(steps.length)]();
  }
}
