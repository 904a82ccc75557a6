import assert from "node:assert/strict";
import { flopsOf, parametersOf } from "../../lib/graph/flops.js";
import { Graph } from "../../lib/graph/graph.js";
import { interpret } from "../../lib/machine/interpret.js";
import { clipVitL14Text, sd15Unet, sdVae } from "../../lib/models/presets.js";
import { encodeWords } from "../../lib/models/sd-text.js";
import { denoiseLatents, encodeContext } from "../../lib/models/sd-unet.js";
import type { SdUnetConfig } from "../../lib/models/sd-unet-config.js";
import { decodeLatents } from "../../lib/models/sd-vae.js";
import { encodedStates } from "../../lib/models/unet-inputs.js";
import { readSafetensors } from "../../lib/weights/safetensors.js";

function report(name: string, count: number, flops: number): void {
  console.log(`      ${name}: ${(count / 1e6).toFixed(1)} M parameters, ${(flops / 1e9).toFixed(0)} GFLOP`);
}

describe("models/sd", () => {
  it("the U-Net has the published parameters, none of them in both graphs", () => {
    const prepare = new Graph();
    const context = prepare.input("context", [2, clipVitL14Text.words, sd15Unet.contextWidth]);
    const encoded = encodeContext(prepare, sd15Unet, context);
    const step = new Graph();
    const latents = step.state("latents", [2, 64, 64, 4]);
    const t = step.input("t", [2]);
    const prediction = denoiseLatents(step, sd15Unet, { latents, t, encoded: encodedStates(step, encoded) });
    assert.deepEqual(prediction.shape, latents.shape);
    const count = parametersOf(prepare) + parametersOf(step);
    report("sd15-unet", count, flopsOf(step) / 2);
    assert.equal(count, 859_520_964);
  });

  it("the decoder has the published parameters", () => {
    const graph = new Graph();
    const image = decodeLatents(graph, sdVae, graph.input("latents", [1, 64, 64, 4]));
    assert.deepEqual(image.shape, [1, 512, 512, 3]);
    report("sd-vae", parametersOf(graph), flopsOf(graph));
    assert.equal(parametersOf(graph), 49_490_199);
  });

  it("the text encoder has the published parameters", () => {
    const graph = new Graph();
    const words = encodeWords(graph, clipVitL14Text, graph.input("ids", [1, 77], "i32"));
    assert.deepEqual(words.shape, [1, 77, 768]);
    report("clip-vit-l14-text", parametersOf(graph), flopsOf(graph));
    assert.equal(parametersOf(graph), 123_060_480);
  });

  it("a linear projection computes what a 1×1 convolution does", async () => {
    const { tensors, metadata } = await readSafetensors("test/fixtures/sd-unet.safetensors");
    const config: SdUnetConfig = JSON.parse(metadata.get("config")!);
    const leaves = new Map([...tensors].map(([name, { data }]) => [name, Float64Array.from(data)]));
    const predict = (projection: SdUnetConfig["projection"]) => {
      const graph = new Graph();
      const [latents, t, context] = ["latents", "t", "context"].map((name) =>
        graph.input(name, tensors.get(`input:${name}`)!.shape),
      );
      const variant = { ...config, projection };
      const encoded = encodeContext(graph, variant, context);
      const prediction = denoiseLatents(graph, variant, { latents, t, encoded });
      const name = "down_blocks.0.attentions.0.proj_in.weight";
      const { shape } = graph.leaves.get(`parameter:${name}`)!;
      return { rank: shape.length, prediction: interpret(graph, leaves)(prediction) };
    };
    const [conv, linear] = [predict("conv"), predict("linear")];
    assert.deepEqual([conv.rank, linear.rank], [4, 2]);
    assert.deepEqual(linear.prediction, conv.prediction);
  });
});
