/** The nets of the suite "step" as graphs: what is computed once, and what a step computes. */
import { Graph, type Value } from "../lib/graph/graph.js";
import { product } from "../lib/graph/pattern.js";
import type { TypedArray } from "../lib/machine/execute.js";
import { clipVitL14Text, sd15Unet, sdVae } from "../lib/models/presets.js";
import { encodeWords } from "../lib/models/sd-text.js";
import { denoiseLatents, encodeContext } from "../lib/models/sd-unet.js";
import type { SdUnetConfig } from "../lib/models/sd-unet-config.js";
import { decodeLatents, type SdVaeConfig } from "../lib/models/sd-vae.js";
import { encodedStates } from "../lib/models/unet-inputs.js";
import { store } from "../lib/ops/store.js";
import type { TensorMap } from "../lib/weights/safetensors.js";
import { seeded } from "../test/random.js";
import type { NetCase } from "./cases.js";

export interface Program {
  readonly graph: Graph;
  readonly inputs: Readonly<Record<string, TypedArray>>;
}

/** `prepare` comes first and once; nets that have nothing to prepare have a graph without nodes there. */
export interface NetPrograms {
  readonly prepare: Program;
  readonly step: Program;
}

/** The small U-Net: four levels over pixels, attention at the two smallest. */
const smallUnet: SdUnetConfig = {
  latentChannels: 3,
  widths: [64, 128, 192, 256],
  blocks: 2,
  attentionLevels: [2, 3],
  heads: [8, 8, 8, 8],
  contextWidth: 128,
  groups: 32,
  projection: "conv",
};

const latentSize = 64;

export function netPrograms({ net, batch }: NetCase & { net: Exclude<NetCase["net"], "composer-mini"> }): NetPrograms {
  switch (net) {
    case "sd15-unet":
      return unetPrograms(sd15Unet, batch, latentSize);
    case "small-unet":
      return unetPrograms(smallUnet, batch, latentSize);
    case "sd-vae-decoder":
      return decoderPrograms(sdVae, batch, latentSize);
    case "clip-vit-l14-text":
      return alone((graph) => {
        const ids = graph.input("ids", [batch, clipVitL14Text.words], "i32");
        const random = seeded(1);
        const words = Int32Array.from({ length: product(ids.shape) }, () => random.below(clipVitL14Text.vocabulary));
        return { result: encodeWords(graph, clipVitL14Text, ids), inputs: { ids: words } };
      });
  }
}

/** An autoencoder's decoder, of latents of `size` × `size`: state "latents" to state "y". */
export function decoderPrograms(config: SdVaeConfig, batch: number, size: number): NetPrograms {
  return alone((graph) => {
    const latents = graph.state("latents", [batch, size, size, config.latentChannels]);
    return { result: decodeLatents(graph, config, latents), inputs: {} };
  });
}

/** A U-Net over latents of `size` × `size`: inputs "context" and "t", state "latents" to state "y". */
export function unetPrograms(config: SdUnetConfig, batch: number, size: number): NetPrograms {
  const prepare = new Graph();
  const context = prepare.input("context", [batch, clipVitL14Text.words, config.contextWidth]);
  const encoded = encodeContext(prepare, config, context);
  for (const [name, value] of Object.entries(encoded)) {
    store(prepare, { value, target: prepare.state(name, value.shape) });
  }
  const words = Float32Array.from(seeded(1).normals(product(context.shape)));
  const { step } = alone((graph) => {
    const latents = graph.state("latents", [batch, size, size, config.latentChannels]);
    const t = graph.input("t", [batch]);
    const result = denoiseLatents(graph, config, { latents, t, encoded: encodedStates(graph, encoded) });
    return { result, inputs: { t: new Float32Array(batch).fill(500) } };
  });
  return { prepare: { graph: prepare, inputs: { context: words } }, step };
}

function alone(build: (graph: Graph) => { result: Value; inputs: Program["inputs"] }): NetPrograms {
  const graph = new Graph();
  const { result, inputs } = build(graph);
  store(graph, { value: result, target: graph.state("y", result.shape) });
  return { prepare: { graph: new Graph(), inputs: {} }, step: { graph, inputs } };
}

/**
 * Every parameter as a stretch of the same normals, of its own mean and deviation: as good as any for speed, and quick. A
 * tensor's data is made when it is asked for, in memory that the next one's will take: nets need not be held twice.
 */
export function randomParameters(leaves: Iterable<Value>): TensorMap {
  const normals = Float32Array.from(seeded(1).normals(2 ** 16));
  const declared = [...leaves];
  const memory = new Float32Array(Math.max(0, ...declared.map(({ shape }) => product(shape))));
  const parameters: TensorMap = new Map();
  for (const { leaf, shape } of declared) {
    const { mean, std } = leaf!.initial;
    const tensor = {
      shape,
      get data() {
        const data = memory.subarray(0, product(shape));
        const block = normals.map((normal) => mean + std * normal);
        for (let first = 0; first < data.length; first += block.length) {
          data.set(block.subarray(0, Math.min(block.length, data.length - first)), first);
        }
        return data;
      },
    };
    parameters.set(leaf!.name, tensor);
  }
  return parameters;
}
