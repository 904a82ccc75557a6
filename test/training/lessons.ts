/** Lessons: samples that tell one object in full, and the timesteps they are asked at. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { ClipEncoders } from "../../lib/conditions/encoders.js";
import { tokenLength, untokenize, vocabulary } from "../../lib/data/vocabulary.js";
import { openCpuDevice } from "../../lib/machine/cpu.js";
import { clipMini, composerMini } from "../../lib/models/presets.js";
import { ClipTask } from "../../lib/training/clip-task.js";
import { ComposerTask, type ComposerTaskOptions } from "../../lib/training/composer-task.js";
import { dropouts } from "../../lib/training/dropout.js";
import { pretrainedFiles, pretrainedFolder } from "../../lib/weights/pretrained.js";
import { readSafetensors } from "../../lib/weights/safetensors.js";

const toldInFull = /^a (small|large) \w+ (rubber|metal) (sphere|cube|cylinder)$/;
const batch = 256;
const captionAlone = { ...dropouts["per-sample"], keepAll: 0, dropAll: 0, alone: { caption: 1 } };

/** What `steps` steps of composer-mini are given. */
async function composerInputs(
  steps: readonly number[],
  options: Pick<ComposerTaskOptions, "batch" | "dropout" | "singles">,
) {
  const device = openCpuDevice({});
  const clip = await readSafetensors(join(pretrainedFolder(), pretrainedFiles.clip));
  const encoders = await ClipEncoders.open(device, clipMini(vocabulary.length), clip.tensors, 16);
  const task = new ComposerTask(
    { config: composerMini, prediction: "v", minSnr: null, seed: 5, steps: 1, ...options },
    encoders,
  );
  const inputs = [];
  for (const step of steps) inputs.push(await task.inputs(step));
  await task.close();
  await device.close();
  return inputs;
}

describe("lessons", () => {
  for (const [singles, least, most] of [
    [0, 0, 0.2],
    [0.5, 0.4, 0.7],
    [1, 1, 1],
  ]) {
    it(`clip-mini, singles ${singles}: so many of the captions tell one object in full`, async () => {
      const task = new ClipTask({ batch, seed: 5, steps: 1, singles });
      const { ids } = await task.inputs(3);
      const captions = Array.from({ length: batch }, (_, row) => {
        return untokenize((ids as Int32Array).subarray(row * tokenLength, (row + 1) * tokenLength));
      });
      await task.close();
      const share = captions.filter((caption) => toldInFull.test(caption)).length / batch;
      assert.ok(share >= least && share <= most, `${share}`);
    });
  }

  for (const [singles, early] of [
    [0, 0.45],
    [1, 0.1],
  ]) {
    it(`composer-mini, singles ${singles}: the share ${early} of captions alone lies where shapes stand already`, async () => {
      const [{ t }] = await composerInputs([3], { batch: 60, dropout: captionAlone, singles });
      const share = (t as Float32Array).filter((timestep) => timestep < 450).length / 60;
      assert.ok(Math.abs(share - early) <= 1 / 60, `${share}`);
      assert.ok(
        (t as Float32Array).every((timestep) => Number.isInteger(timestep) && timestep >= 0 && timestep < 1000),
      );
    });
  }

  it("composer-mini: twins share time and noise, nothing else does, in odd batches too", async () => {
    const dropout = { ...captionAlone, alone: { caption: 0.5, depth: 0.5 } };
    const size = composerMini.imageSize ** 2 * 3;
    for (const rows of [16, 5]) {
      const steps = await composerInputs([0, 1, 2], { batch: rows, dropout, singles: 1 });
      for (const inputs of steps) {
        const [t, key, rgb] = [inputs.t, inputs["noise.key"], inputs.rgb];
        const captions = inputs["mask.caption"];
        for (let row = 1; row < rows; row++) {
          const twins = row % 2 === 1 && captions[row] === 1;
          assert.equal(t[row] === t[row - 1], twins);
          assert.equal(key[4 * row + 3] === key[4 * row - 1], twins);
          const differing = Array.from({ length: size }, (_, i) => rgb[row * size + i] !== rgb[(row - 1) * size + i]);
          assert.equal(differing.filter(Boolean).length < 0.6 * size, twins, `row ${row}`);
        }
      }
    }
  });
});
