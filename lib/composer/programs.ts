/**
 * The two programs of a composition of P images in R branches, B = R·P rows, row b = branch ⌊b/P⌋ of image b mod P:
 *
 *     prepare   conditions -> encoded conditions; latent ← gaussian(key, 0)
 *     step      prediction = combineBranches(denoise(latent of every branch)); x̂₀, latent ← DDIM; preview ← x̂₀ as bytes
 *
 * The last step's preview is the result: there ᾱ is 1, and the next latent is x̂₀ itself.
 */
import { Graph, type Value } from "../graph/graph.js";
import type { Device } from "../machine/device.js";
import { denoise } from "../models/unet.js";
import { encodeConditions } from "../models/unet-conditions.js";
import type { UnetConfig } from "../models/unet-config.js";
import { conditionInputs, encodedStates, maskInputs } from "../models/unet-inputs.js";
import { combineBranches } from "../ops/combine-branches.js";
import { concatTokens } from "../ops/concat-tokens.js";
import { gaussian } from "../ops/gaussian.js";
import { store } from "../ops/store.js";
import { toRgb8 } from "../ops/to-rgb8.js";
import { ddimUpdate } from "../samplers/ddim.js";
import type { DeviceWeights } from "../session/device-weights.js";
import { Session } from "../session/session.js";

/** How much is computed at once. */
export interface Extent {
  readonly images: number;
  readonly branches: number;
  /** Local planes: 1 where all images share their conditions (the default), or one for each image. */
  readonly planes?: number;
}

/** Inputs: the conditions (models/unet-inputs), `key` [P 4] and `noiseStep` [1]. */
export function prepareGraph(config: UnetConfig, extent: Extent): Graph {
  const graph = new Graph();
  for (const [name, value] of Object.entries(encodedValues(graph, config, extent))) {
    store(graph, { value, target: graph.state(name, value.shape) });
  }
  store(graph, { value: noiseOf(graph, config, extent), target: latentOf(graph, config, extent) });
  return graph;
}

/** Inputs: `t` [B], the masks (models/unet-inputs), `branchWeights` [R P], `clean` and `next` [P 3], `key`, `noiseStep`. */
export function stepGraph(config: UnetConfig, extent: Extent): Graph {
  const { images, branches } = extent;
  const rows = images * branches;
  const graph = new Graph();
  const latent = latentOf(graph, config, extent);
  const prediction = denoise(graph, config, {
    xT: repeated(graph, latent, branches),
    t: graph.input("t", [rows]),
    encoded: encodedStates(graph, encodedValues(new Graph(), config, extent)),
    masks: maskInputs(graph, config, rows),
  });
  const weights = graph.input("branchWeights", [branches, images]);
  const updated = ddimUpdate(graph, {
    latent,
    prediction: combineBranches(graph, { x: prediction, weights }),
    noise: noiseOf(graph, config, extent),
    clean: graph.input("clean", [images, 3]),
    next: graph.input("next", [images, 3]),
  });
  toRgb8(graph, { x: updated.x0, target: graph.state("preview", latent.shape, "u8") });
  store(graph, { value: updated.latent, target: latent });
  return graph;
}

function encodedValues(graph: Graph, config: UnetConfig, { images, branches, planes = 1 }: Extent) {
  return encodeConditions(graph, config, conditionInputs(graph, config, images * branches, planes));
}

function latentOf(graph: Graph, { imageSize }: UnetConfig, { images }: Extent): Value {
  return graph.state("latent", [images, imageSize, imageSize, 3]);
}

/** Normals [P S S 3] of each image's own key. */
function noiseOf(graph: Graph, { imageSize }: UnetConfig, { images }: Extent): Value {
  const key = graph.input("key", [images, 4], "i32");
  const step = graph.input("noiseStep", [1], "i32");
  const noise = gaussian(graph, { key, step }, { count: imageSize ** 2 * 3 });
  return graph.reshape(noise, [images, imageSize, imageSize, 3]);
}

/** x [P …] once for every branch: [R·P …]. The images are the tokens of one list, which is joined with itself. */
function repeated(graph: Graph, x: Value, branches: number): Value {
  const [images, ...shape] = x.shape;
  const list = graph.reshape(x, [1, images, shape.reduce((a, b) => a * b)]);
  let sum = list;
  for (let branch = 1; branch < branches; branch++) sum = concatTokens(graph, { a: sum, b: list });
  return graph.reshape(sum, [branches * images, ...shape]);
}

/** Sessions with both programs, one for every extent that was asked for, over the same weights. */
export class CompositionPrograms {
  private readonly sessions = new Map<string, Promise<Session>>();

  constructor(
    private readonly device: Device,
    private readonly config: UnetConfig,
    private readonly weights: DeviceWeights,
  ) {}

  /** Compiled when first asked for; whoever asks meanwhile waits for the same. A failure is not kept. */
  of(extent: Extent): Promise<Session> {
    const key = `${extent.images} × ${extent.branches}, ${extent.planes ?? 1}`;
    const known = this.sessions.get(key);
    if (known) return known;
    const opened = this.open(extent);
    this.sessions.set(key, opened);
    opened.catch(() => this.sessions.delete(key));
    return opened;
  }

  /** Cancels what runs and frees everything, the weights included. */
  async close(): Promise<void> {
    const settled = await Promise.allSettled(this.sessions.values());
    for (const session of settled) if (session.status === "fulfilled") await session.value.close();
    this.weights.free();
  }

  private async open(extent: Extent): Promise<Session> {
    const { device, config, weights: parameters } = this;
    const prepare = prepareGraph(config, extent);
    await new Promise(setImmediate);
    const step = stepGraph(config, extent);
    return Session.open({ device, programs: { prepare, step }, parameters });
  }
}
