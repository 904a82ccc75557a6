/**
 * What can be trained: a net with its loss, and a stream of batches that is a pure function of the step.
 */
import type { Graph, Value } from "../graph/graph.js";
import type { OptimiserOptions } from "./optimiser.js";

export type InputArray = Float32Array | Int32Array | Uint8Array;

export interface TrainingTask {
  /** Also the stem of the weights file: "composer-mini". */
  readonly name: string;
  /** Samples in a batch. */
  readonly batch: number;
  readonly optimiser: OptimiserOptions;
  /** Builds the net and its loss; `loss` is [1]. Called once. */
  build(graph: Graph): { readonly loss: Value };
  /** The inputs of step `step`, by name: the same step always gives the same bytes. */
  inputs(step: number): Promise<Record<string, InputArray>>;
  /** What the weights file says about itself (config as JSON). */
  readonly metadata: Readonly<Record<string, string>>;
  close(): Promise<void>;
}
