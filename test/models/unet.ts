import assert from "node:assert/strict";
import { flopsOf, parametersOf } from "../../lib/graph/flops.js";
import { Graph } from "../../lib/graph/graph.js";
import { interpret } from "../../lib/machine/interpret.js";
import { composerMini, composerPaper } from "../../lib/models/presets.js";
import { denoise } from "../../lib/models/unet.js";
import { encodeConditions } from "../../lib/models/unet-conditions.js";
import { localNames, type UnetConfig } from "../../lib/models/unet-config.js";
import { conditionInputs, encodedStates, maskInputs } from "../../lib/models/unet-inputs.js";
import { readSafetensors } from "../../lib/weights/safetensors.js";

/** The prepare and the step graph of `images` images in `rows / images` branches. */
function graphsOf(config: UnetConfig, rows: number, images = 1) {
  const prepare = new Graph();
  const encoded = encodeConditions(prepare, config, conditionInputs(prepare, config, rows, images));
  const step = new Graph();
  const prediction = denoise(step, config, {
    xT: step.state("xT", [rows, config.imageSize, config.imageSize, 3]),
    t: step.input("t", [rows]),
    encoded: encodedStates(step, encoded),
    masks: maskInputs(step, config, rows),
  });
  return { prepare, step, encoded, prediction };
}

describe("models/unet", () => {
  const cases = [
    {
      name: "composer-paper",
      config: composerPaper,
      parameters: 2.15e9,
      within: 0.03,
      flops: 1.508e12,
      flopsWithin: 0.01,
    },
    { name: "composer-mini", config: composerMini, parameters: 15e6, within: 0.15, flops: 2.5e9, flopsWithin: 0.2 },
  ];
  for (const { name, config, parameters, within, flops, flopsWithin } of cases) {
    it(`${name} has the size it should have`, () => {
      const { prepare, step, prediction } = graphsOf(config, 1);
      const count = parametersOf(prepare) + parametersOf(step);
      const perStep = flopsOf(step);
      console.log(
        `      ${name}: ${(count / 1e6).toFixed(1)} M parameters, ${(perStep / 1e9).toFixed(2)} GFLOP a step, ` +
          `${(flopsOf(prepare) / 1e9).toFixed(2)} once a picture`,
      );
      assert.ok(Math.abs(count / parameters - 1) <= within, `${count} parameters`);
      assert.ok(Math.abs(perStep / flops - 1) <= flopsWithin, `${perStep} FLOP`);
      assert.deepEqual(prediction.shape, [1, config.imageSize, config.imageSize, config.outputChannels]);
    });
  }

  it("splits into a prepare and a step graph that share no parameter", () => {
    const { prepare, step } = graphsOf(composerMini, 3);
    const names = ({ leaves }: Graph) => new Set([...leaves.keys()].filter((key) => key.startsWith("parameter:")));
    const [ofPrepare, ofStep] = [names(prepare), names(step)];
    assert.deepEqual(
      [...ofPrepare].filter((key) => ofStep.has(key)),
      [],
    );
    const whole = new Graph();
    const encoded = encodeConditions(whole, composerMini, conditionInputs(whole, composerMini, 2));
    denoise(whole, composerMini, {
      xT: whole.input("xT", [2, 64, 64, 3]),
      t: whole.input("t", [2]),
      encoded,
      masks: maskInputs(whole, composerMini, 2),
    });
    assert.deepEqual(names(whole), new Set([...ofPrepare, ...ofStep]));
  });

  it("names parameters by frames", () => {
    const { step } = graphsOf(composerMini, 1);
    for (const name of [
      "unet.down.0.0.conv1.weight",
      "unet.up.1.1.attention.query.weight",
      "unet.embedding.time1.bias",
    ]) {
      assert.ok(step.leaves.has(`parameter:${name}`), name);
    }
  });

  it("takes nothing from an absent condition, and something from a present one", async () => {
    const { tensors, metadata } = await readSafetensors("test/fixtures/unet-mini.safetensors");
    const config: UnetConfig = JSON.parse(metadata.get("config")!);
    const { prepare, step, encoded, prediction } = graphsOf(config, 3, 3);
    // The fixture's first row has every condition, its second none.
    const predict = (changed?: string): readonly [Float64Array, Float64Array] => {
      const content = (name: string, data: Float32Array) =>
        Float64Array.from(data, (value) => (name === changed ? 1 - value : value));
      const leaves = new Map([...tensors].map(([name, { data }]) => [name, content(name, data)]));
      const ofPrepare = interpret(prepare, leaves);
      for (const [name, value] of Object.entries(encoded)) leaves.set(`state:${name}`, ofPrepare(value).slice());
      leaves.set("state:xT", leaves.get("input:xT")!);
      const all = interpret(step, leaves)(prediction);
      return [all.subarray(0, all.length / 3), all.subarray(all.length / 3, (2 * all.length) / 3)];
    };
    const [present, absent] = predict();
    for (const name of ["words", "sentence", "semantics", "palette", ...localNames]) {
      const [first, second] = predict(`input:${name}`);
      assert.notDeepEqual(first, present, name);
      assert.deepEqual(second, absent, name);
    }
  });
});
