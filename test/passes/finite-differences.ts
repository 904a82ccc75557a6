/**
 * Gradients against central differences: for random directions v, (f(x + hv) − f(x − hv)) / 2h = ⟨∇f, v⟩, where f is a
 * random projection of some results to a scalar and everything is computed by `interpret` in f64.
 */
import assert from "node:assert/strict";
import type { Graph, Value } from "../../lib/graph/graph.js";
import { product } from "../../lib/graph/pattern.js";
import { interpret } from "../../lib/machine/interpret.js";
import { add } from "../../lib/ops/add.js";
import { linear } from "../../lib/ops/linear.js";
import { gradient } from "../../lib/passes/gradient.js";
import { seeded } from "../random.js";

const step = 1e-5;
const directions = 3;

export interface GradientCheck {
  /** Changed: the projection and the gradient are appended. */
  readonly graph: Graph;
  readonly results: readonly Value[];
  /** Leaves of the graph. */
  readonly wrt: readonly Value[];
  /** As `interpret` takes them. */
  readonly leaves: ReadonlyMap<string, Float64Array>;
  readonly tolerance: number;
  readonly seed?: number;
}

export function checkGradient({ graph, results, wrt, leaves, tolerance, seed = 1 }: GradientCheck): void {
  const random = seeded(seed);
  const content = new Map(leaves);
  const loss = projection(graph, results, content, (count) => random.normals(count));
  const forwardNodes = graph.nodes.length;
  const gradients = gradient(graph, loss, wrt);
  const read = interpret(graph, content);
  // The differences need the loss alone, not the gradient's nodes again.
  const gradientNodes = graph.nodes.splice(forwardNodes);
  for (const [index, value] of wrt.entries()) {
    assert.deepEqual(gradients[index].shape, value.shape);
    const key = `${value.leaf?.kind}:${value.leaf?.name}`;
    const at = content.get(key)!;
    const slope = read(gradients[index]);
    for (let direction = 0; direction < directions; direction++) {
      const along = random.normals(at.length);
      const moved = (by: number) =>
        interpret(
          graph,
          new Map(content).set(
            key,
            at.map((x, i) => x + by * along[i]),
          ),
        )(loss)[0];
      const expected = (moved(step) - moved(-step)) / (2 * step);
      const got = slope.reduce((sum, value, i) => sum + value * along[i], 0);
      const scale = Math.max(norm(slope), Math.abs(expected), 1e-3);
      const error = Math.abs(got - expected) / scale;
      assert.ok(error <= tolerance, `d loss / d ${key} along a direction is ${got}, central differences ${expected}`);
    }
  }
  graph.nodes.push(...gradientNodes);
}

/** Σ of every result's dot product with a random vector, shape [1]. */
function projection(
  graph: Graph,
  results: readonly Value[],
  content: Map<string, Float64Array>,
  draw: (count: number) => Float64Array,
): Value {
  let loss: Value | null = null;
  for (const [index, result] of results.entries()) {
    const count = product(result.shape);
    const weight = graph.input(`projection ${index}`, [count, 1]);
    content.set(`input:projection ${index}`, draw(count));
    const dot = linear(graph, { x: graph.reshape(result, [1, count]), weight });
    loss = loss ? add(graph, { a: loss, b: dot }) : dot;
  }
  return graph.reshape(loss!, [1]);
}

/** ||out − ref|| / ||ref||, the absolute error where ref is zero; NaN where anything is not finite. */
export function relativeError(out: ArrayLike<number>, ref: ArrayLike<number>): number {
  assert.equal(out.length, ref.length);
  let difference = 0;
  let size = 0;
  for (let i = 0; i < ref.length; i++) {
    difference += (out[i] - ref[i]) ** 2;
    size += ref[i] ** 2;
  }
  return Math.sqrt(difference) / (size > 0 ? Math.sqrt(size) : 1);
}

function norm(values: Float64Array): number {
  return Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
}
