/** Lessons: samples that tell one object in full, and the timesteps they are asked at. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { ClipEncoders } from "../../lib/conditions/encoders.js";
import { tokenLength, untokenize, vocabulary } from "../../lib/data/vocabulary.js";
import { openCpuDevice } from "../../lib/machine/cpu.js";
import { clipMini, composerMini } from "../../lib/models/presets.js";
import { ClipTask } from "../../lib/training/clip-task.js";
import { ComposerTask } from "../../lib/training/composer-task.js";
import { dropouts } from "../../lib/training/dropout.js";
import { pretrainedFiles, pretrainedFolder } from "../../lib/weights/pretrained.js";
import { readSafetensors } from "../../lib/weights/safetensors.js";

const toldInFull = /^a (small|large) \w+ (rubber|metal) (sphere|cube|cylinder)$/;
const batch = 256;

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
      const device = openCpuDevice({});
      const clip = await readSafetensors(join(pretrainedFolder(), pretrainedFiles.clip));
      const encoders = await ClipEncoders.open(device, clipMini(vocabulary.length), clip.tensors, 16);
      const dropout = { ...dropouts["per-sample"], keepAll: 0, dropAll: 0, alone: { caption: 1 } };
      const options = { config: composerMini, prediction: "v", minSnr: null, dropout, singles } as const;
      const task = new ComposerTask({ ...options, batch: 60, seed: 5, steps: 1 }, encoders);
      const { t } = await task.inputs(3);
      await task.close();
      await device.close();
      const share = (t as Float32Array).filter((timestep) => timestep < 450).length / 60;
      assert.ok(Math.abs(share - early) <= 1 / 60, `${share}`);
      assert.ok(
        (t as Float32Array).every((timestep) => Number.isInteger(timestep) && timestep >= 0 && timestep < 1000),
      );
    });
  }
});
