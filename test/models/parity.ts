/**
 * The nets against PyTorch, twins or published classes (test/reference): what they compute and every gradient, at reduced
 * width.
 *
 * A gradient's error is relative to its own norm, or to a thousandth of the norm of all gradients where it is smaller:
 * some are nothing but what is left of large terms that cancel.
 */
import assert from "node:assert/strict";
import { Graph, type Value } from "../../lib/graph/graph.js";
import { interpret } from "../../lib/machine/interpret.js";
import { type ClipConfig, contrastiveLoss, encodeImage, encodeText } from "../../lib/models/clip.js";
import {
  type PerceptConfig,
  type PerceptTargets,
  perceive,
  perceptChannels,
  perceptLoss,
} from "../../lib/models/percept.js";
import { encodeWords, type SdTextConfig } from "../../lib/models/sd-text.js";
import { denoiseLatents, encodeContext } from "../../lib/models/sd-unet.js";
import type { SdUnetConfig } from "../../lib/models/sd-unet-config.js";
import { decodeLatents, type SdVaeConfig } from "../../lib/models/sd-vae.js";
import { denoise } from "../../lib/models/unet.js";
import { encodeConditions } from "../../lib/models/unet-conditions.js";
import type { UnetConfig } from "../../lib/models/unet-config.js";
import { conditionInputs, maskInputs } from "../../lib/models/unet-inputs.js";
import { mean } from "../../lib/ops/mean.js";
import { squaredError } from "../../lib/ops/squared-error.js";
import { store } from "../../lib/ops/store.js";
import { gradient } from "../../lib/passes/gradient.js";
import { Session } from "../../lib/session/session.js";
import { readSafetensors, type Weights } from "../../lib/weights/safetensors.js";
import { testDevices } from "../ops/devices.js";

/** Builds a net with its loss from a fixture's config; `input` declares one of its inputs. */
type Build = (
  graph: Graph,
  config: never,
  input: (name: string, dtype?: "i32") => Value,
) => Record<string, Value> & { loss: Value };

const nets: [string, Build][] = [
  ["unet-mini", unet],
  ["unet-paper", unet],
  ["clip", clip],
  ["percept", percept],
  ["sd-unet", sdUnet],
  ["sd-vae", sdVae],
  ["sd-text", sdText],
  ["sd2-text", sdText],
];

/** The squared error from the fixture's targets. */
function regression(graph: Graph, prediction: Value, input: (name: string) => Value) {
  const errors = squaredError(graph, { prediction, target: input("target"), weight: input("lossWeight") });
  return { prediction, loss: mean(graph, { x: errors }) };
}

function unet(graph: Graph, config: UnetConfig, input: (name: string) => Value) {
  const t = input("t");
  const [rows] = t.shape;
  const encoded = encodeConditions(graph, config, conditionInputs(graph, config, rows));
  const masks = maskInputs(graph, config, rows);
  return regression(graph, denoise(graph, config, { xT: input("xT"), t, encoded, masks }), input);
}

function clip(graph: Graph, config: ClipConfig, input: (name: string, dtype?: "i32") => Value) {
  const embedding = encodeImage(graph, config, input("image"));
  const { words, sentence } = encodeText(graph, config, { ids: input("ids", "i32"), end: input("end", "i32") });
  const targets = input("targets", "i32");
  return {
    words,
    sentence,
    embedding,
    loss: contrastiveLoss(graph, { images: embedding, sentences: sentence, targets }),
  };
}

function percept(graph: Graph, config: PerceptConfig, input: (name: string, dtype?: "i32") => Value) {
  const outputs = perceive(graph, config, input("image"));
  const labels = ["shape", "colour", "size", "material"];
  const names = [...Object.keys(perceptChannels), "offsetMask"];
  const targets = Object.fromEntries(
    names.map((name) => [name, input(`target.${name}`, labels.includes(name) ? "i32" : undefined)]),
  ) as unknown as PerceptTargets;
  return { ...outputs, loss: perceptLoss(graph, outputs, targets) };
}

function sdUnet(graph: Graph, config: SdUnetConfig, input: (name: string) => Value) {
  const encoded = encodeContext(graph, config, input("context"));
  return regression(graph, denoiseLatents(graph, config, { latents: input("latents"), t: input("t"), encoded }), input);
}

function sdVae(graph: Graph, config: SdVaeConfig, input: (name: string) => Value) {
  return regression(graph, decodeLatents(graph, config, input("latents")), input);
}

function sdText(graph: Graph, config: SdTextConfig, input: (name: string, dtype?: "i32") => Value) {
  return regression(graph, encodeWords(graph, config, input("ids", "i32")), input);
}

const norm = (values: Iterable<number>) => Math.sqrt([...values].reduce((sum, value) => sum + value * value, 0));

/** ‖got − wanted‖ / max(‖wanted‖, floor). */
function relativeError(got: ArrayLike<number>, wanted: Float32Array, floor: number): number {
  assert.equal(got.length, wanted.length);
  return norm(Array.from(got, (value, i) => value - wanted[i])) / Math.max(norm(wanted), floor);
}

/** Everything that is compared, by its name in the fixture: outputs, the loss, and the gradient of every parameter. */
function comparedValues(build: Build, graph: Graph, fixture: Weights): Map<string, Value> {
  const outputs = build(graph, JSON.parse(fixture.metadata.get("config")!) as never, (input, dtype) =>
    graph.input(input, fixture.tensors.get(`input:${input}`)!.shape, dtype),
  );
  const parameters = [...graph.leaves].filter(([key]) => key.startsWith("parameter:"));
  for (const [key, { shape }] of parameters) assert.deepEqual(fixture.tensors.get(key)?.shape, shape, key);
  const gradients = gradient(
    graph,
    outputs.loss,
    parameters.map(([, value]) => value),
  );
  return new Map([
    ...Object.entries(outputs).map(([name, value]) => [`output:${name}`, value] as const),
    ...parameters.map(([key], index) => [key.replace("parameter", "gradient"), gradients[index]] as const),
  ]);
}

type Results = (name: string) => ArrayLike<number> | Promise<ArrayLike<number>>;

async function check(fixture: Weights, results: Results): Promise<void> {
  const gradients = [...fixture.tensors].filter(([name]) => name.startsWith("gradient:"));
  const floor = 1e-3 * norm(gradients.map(([, { data }]) => norm(data)));
  const worst = { output: 0, gradient: 0 };
  for (const [name, { data }] of fixture.tensors) {
    const kind = name.slice(0, name.indexOf(":"));
    if (kind !== "output" && kind !== "gradient") continue;
    const error = relativeError(await results(name), data, kind === "gradient" ? floor : 0);
    assert.ok(error <= (kind === "output" ? 1e-5 : 1e-4), `${name}: ${error}`);
    worst[kind] = Math.max(worst[kind], error);
  }
  console.log(`      outputs within ${worst.output.toExponential(1)}, gradients ${worst.gradient.toExponential(1)}`);
}

describe("models/parity with PyTorch", () => {
  for (const [name, build] of nets) {
    it(`${name} by the reference loops in f64`, async () => {
      const fixture = await readSafetensors(`test/fixtures/${name}.safetensors`);
      const graph = new Graph();
      const values = comparedValues(build, graph, fixture);
      const leaves = new Map([...fixture.tensors].map(([key, { data }]) => [key, Float64Array.from(data)]));
      const result = interpret(graph, leaves);
      await check(fixture, (key) => result(values.get(key)!));
    });

    it(`${name} compiled, on every device`, async () => {
      const fixture = await readSafetensors(`test/fixtures/${name}.safetensors`);
      const graph = new Graph();
      const values = comparedValues(build, graph, fixture);
      for (const [key, value] of values) store(graph, { value, target: graph.state(key, value.shape) });
      const named = (prefix: string) =>
        [...fixture.tensors]
          .filter(([key]) => key.startsWith(prefix))
          .map(([key, tensor]) => [key.slice(prefix.length), tensor] as const);
      const inputs = Object.fromEntries(
        named("input:")
          .filter(([input]) => graph.leaves.has(`input:${input}`))
          .map(([input, { data }]) => [
            input,
            graph.leaves.get(`input:${input}`)!.dtype === "i32" ? Int32Array.from(data) : data,
          ]),
      );
      for (const { variants } of testDevices()) {
        const [device] = variants;
        const session = await Session.open({
          device,
          programs: { all: graph },
          parameters: new Map(named("parameter:")),
        });
        await session.run("all", inputs);
        await check(fixture, (key) => session.readState(key));
        await session.close();
      }
    });
  }
});
