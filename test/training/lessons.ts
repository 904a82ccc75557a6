/** The share of samples that tell one object in full. */
import assert from "node:assert/strict";
import { tokenLength, untokenize } from "../../lib/data/vocabulary.js";
import { ClipTask } from "../../lib/training/clip-task.js";

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
});
