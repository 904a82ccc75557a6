import assert from "node:assert/strict";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { Composer } from "../../lib/composer/composer.js";
import { Image } from "../../lib/conditions/image.js";
import { intensity } from "../../lib/conditions/intensity.js";
import { Scenes } from "../../lib/data/scenes.js";
import { pretrainedFiles, pretrainedFolder } from "../../lib/weights/pretrained.js";

describe("the embedded default", () => {
  it("is complete and takes at most 40 MB", async () => {
    const folder = pretrainedFolder();
    const files = await readdir(folder);
    for (const file of Object.values(pretrainedFiles)) assert.ok(files.includes(file), file);
    const sizes = await Promise.all(files.map(async (file) => (await stat(join(folder, file))).size));
    const bytes = sizes.reduce((sum, size) => sum + size, 0);
    assert.ok(bytes <= 40e6, `${bytes} bytes`);
  });

  it("keeps to a scene's intensity far better than with nothing to keep to", async () => {
    await using composer = await Composer.load();
    const scenes = Scenes.open();
    const [{ rgb, size }] = await scenes.batch(99, 0, 1, composer.imageSize, "held-out");
    scenes.close();
    const wanted = await composer.decompose(new Image(size, size, rgb), { only: ["intensity"] });
    const options = { steps: 8, seed: 5 };
    const kept = await composer.compose(wanted, options);
    const free = await composer.compose({}, options);
    const again = await composer.decompose(free.images[0], { only: ["intensity"] });
    const without = intensity.distance(wanted.intensity!, again.intensity!).intensityPsnr!;
    const { intensityPsnr } = kept.adherence[0].intensity!;
    assert.ok(intensityPsnr! > without + 3, `${intensityPsnr} dB, and ${without} dB without`);
  });
});
