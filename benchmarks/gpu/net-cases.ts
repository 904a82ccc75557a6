/**
 * Nets as cases, prepare and step programs with random weights: those that GPUs are measured with, and tiny ones of each
 * kind that an emulator can run.
 */
import { prepareGraph, stepGraph } from "../../lib/composer/programs.js";
import type { Graph, RealDtype, Value } from "../../lib/graph/graph.js";
import { product } from "../../lib/graph/pattern.js";
import { capabilities } from "../../lib/machine/capabilities.js";
import { composerMini, sd15Unet, sdVae } from "../../lib/models/presets.js";
import type { SdUnetConfig } from "../../lib/models/sd-unet-config.js";
import type { SdVaeConfig } from "../../lib/models/sd-vae.js";
import type { UnetConfig } from "../../lib/models/unet-config.js";
import { compile } from "../../lib/passes/compile.js";
import { layoutOf } from "../../lib/passes/layout.js";
import { loweredLeaf, loweringOf } from "../../lib/passes/lower.js";
import type { Layout } from "../../lib/program/program.js";
import { decoderPrograms, unetPrograms } from "../nets.js";
import { bytesFill, type Fill, normalFill } from "./contents.js";
import { type CaseRecord, type PlaceRecord, programRecord, tensorRecord } from "./format.js";

interface Net {
  readonly name: string;
  readonly graphs: Readonly<Record<string, Graph>>;
  /** Of inputs that are not normals. */
  readonly inputs?: Readonly<Record<string, Float32Array | Int32Array>>;
  readonly about: Readonly<Record<string, unknown>>;
  /** Which state is drawn, and which the result is written to. */
  readonly latents: string;
  readonly result: string;
}

const tinyUnet: SdUnetConfig = {
  latentChannels: 4,
  widths: [16, 24],
  blocks: 1,
  attentionLevels: [0],
  heads: [2, 3],
  contextWidth: 12,
  groups: 4,
  projection: "conv",
};

const tinyComposer: UnetConfig = {
  ...composerMini,
  imageSize: 16,
  width: 16,
  multipliers: [1, 2],
  groups: 4,
  headWidth: 8,
  locals: { ...composerMini.locals, planeSize: 16 },
};
const tinyDecoder: SdVaeConfig = { ...sdVae, widths: [8, 16], blocks: 1, groups: 4 };

export function netCases(opNames: readonly string[]): CaseRecord[] {
  const composer = (batch: number) => composerNet("composer-mini", composerMini, batch);
  const both = [unetNet("tiny-unet", tinyUnet, 1, 8), composer(1), unetNet("sd15-unet", sd15Unet, 2, 64)];
  const tiny = [composerNet("tiny-composer", tinyComposer, 2), decoderNet("tiny-decoder", tinyDecoder, 4)];
  const nets = [...both, ...tiny, composer(2), composer(8), decoderNet("sd-vae-decoder", sdVae, 64)];
  return [...nets.map((net) => netCase(net, "f16", opNames)), ...both.map((net) => netCase(net, "bf16", opNames))];
}

function unetNet(name: string, config: SdUnetConfig, batch: number, size: number): Net {
  const { prepare, step } = unetPrograms(config, batch, size);
  return {
    name,
    graphs: { prepare: prepare.graph, step: step.graph },
    inputs: { t: Float32Array.of(500) },
    about: { model: "unet", batch, config },
    latents: "latents",
    result: "y",
  };
}

function decoderNet(name: string, config: SdVaeConfig, size: number): Net {
  const { step } = decoderPrograms(config, 1, size);
  const about = { model: "decoder", batch: 1, config };
  return { name, graphs: { step: step.graph }, about, latents: "latents", result: "y" };
}

/** One branch; the update's coefficients make the next latent clip(prediction / 10). */
function composerNet(name: string, config: UnetConfig, batch: number): Net {
  const extent = { images: batch, branches: 1 };
  const one = Float32Array.of(1);
  const masks = ["caption", "semantics", "palette", "sketch", "instances", "depth", "intensity", "masking", "context"];
  return {
    name,
    graphs: { prepare: prepareGraph(config, extent), step: stepGraph(config, extent) },
    inputs: {
      ...Object.fromEntries(masks.map((mask) => [`mask.${mask}`, one])),
      palette: Float32Array.of(1 / config.palette),
      branchWeights: one,
      t: Float32Array.of(500),
      clean: Float32Array.of(0, 0.1, 0),
      next: Float32Array.of(0, 1, 0),
      key: Int32Array.of(1, 2, 3, 4),
      noiseStep: Int32Array.of(0),
    },
    about: { model: "composer", batch, config },
    latents: "latent",
    result: "latent",
  };
}

function netCase(net: Net, dtype: RealDtype, opNames: readonly string[]): CaseRecord {
  const graphs = Object.values(net.graphs);
  const lowering = loweringOf(graphs, dtype);
  const leaves = graphs.flatMap((graph) => [...graph.leaves.values()]);
  const layout = (region: "weights" | "state", kind: string) =>
    layoutOf(
      region,
      leaves.filter(({ leaf }) => leaf?.kind === kind).map((leaf) => ({ ...leaf, dtype: loweredLeaf(leaf, lowering) })),
    );
  const layouts = { weights: layout("weights", "parameter"), state: layout("state", "state") };
  const parameters = new Map(leaves.map((value) => [value.leaf!.name, value]));
  const programs = Object.entries(net.graphs).map(([name, graph]) => {
    const { moments, twoSources } = capabilities.cuda;
    const program = compile(graph, layouts, { lowering, moments, twoSources });
    return programRecord(name, program, placesOf(program.inputs, inputFill(net)), opNames);
  });
  return {
    name: `${net.name}, batch ${net.about.batch}`,
    kind: "net",
    dtype,
    weightBytes: layouts.weights.bytes,
    stateBytes: layouts.state.bytes,
    weights: placesOf(layouts.weights, (name, index) => normalFill(index, spread(parameters.get(name)!))),
    state: placesOf(layouts.state, (name, index) => (name === net.latents ? normalFill(index) : undefined)),
    programs,
    net: { ...net.about, result: net.result },
  };
}

function placesOf(layout: Layout, fill: (name: string, index: number) => Fill | undefined): PlaceRecord[] {
  const tensors = [...layout.tensors].map(([name, operand]) => [name, tensorRecord(operand)] as const);
  return tensors.map(([name, tensor], index) => ({ name, tensor, fill: fill(name, index) }));
}

function inputFill({ inputs = {} }: Net) {
  return (name: string, index: number) => (inputs[name] ? bytesFill(inputs[name]) : normalFill(index));
}

/** As parameters begin, except that nothing is constant: a branch that begins with zeros would hide what it computes. */
function spread({ leaf, shape }: Value): { mean: number; std: number } {
  const { mean, std } = leaf!.initial;
  const matrix = shape.length >= 2;
  return { mean, std: std || (matrix ? 1 / Math.sqrt(product(shape.slice(0, -1))) : 0.1) };
}
