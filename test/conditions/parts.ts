import assert from "node:assert/strict";
import { cp, mkdir, mkdtemp, readdir, rm, symlink, truncate, unlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ConditionName, conditionNames, metricDirections } from "../../lib/conditions/condition.js";
import { Image } from "../../lib/conditions/image.js";
import { intensityOf } from "../../lib/conditions/intensity.js";
import { maskingOf } from "../../lib/conditions/masking.js";
import { Palette } from "../../lib/conditions/palette.js";
import { checkParts, conditionOf, conditions, loadParts, type Parts, saveParts } from "../../lib/conditions/parts.js";
import { sketchOf } from "../../lib/conditions/sketch.js";
import { expectCode } from "./expect-code.js";

const image = new Image(
  16,
  16,
  Uint8Array.from({ length: 768 }, (_, i) => (i % 48 < 24 ? 30 : 200)),
);
/** Values of 0 and 1 alone, which a 16-bit PNG keeps exactly. */
const steps = { width: 16, height: 16, data: Float32Array.from({ length: 256 }, (_, i) => i % 2) };
const all: Required<Parts> = {
  caption: "a small red cube",
  semantics: Float32Array.of(0.6, 0.8),
  palette: Palette.fromImage(image),
  sketch: steps,
  instances: {
    width: 16,
    height: 16,
    map: new Uint8Array(256).fill(1, 50, 90),
    objects: [{ shape: "cube", colour: "red", size: "small", material: "rubber" }],
  },
  depth: steps,
  intensity: steps,
  masking: maskingOf(image, new Uint8Array(256).fill(1, 9)),
};

describe("conditions", () => {
  for (const name of conditionNames) {
    const condition = conditionOf(name);
    it(`${name} has its name, planes of its size or none, and a perfect distance to itself in known metrics`, () => {
      assert.equal(condition.name, name);
      assert.equal(condition.check(all[name]) !== undefined, true);
      assert.equal(condition.kind === "local", condition.toPlane !== undefined);
      if (condition.toPlane) {
        assert.equal(condition.toPlane(all[name], 8).length, 8 * 8 * condition.channels);
      }
      const metrics = Object.entries(condition.distance(all[name], all[name]));
      assert.ok(metrics.length > 0);
      for (const [metric, value] of metrics) {
        const best = metric === "intensityPsnr" ? 100 : 1;
        const isBetterHigh = metricDirections[metric as keyof typeof metricDirections] === "higher";
        assert.ok(Math.abs(value - (isBetterHigh ? best : 0)) < 1e-6, `${metric} ${value}`);
      }
    });
  }

  it("extracts from a picture what needs no network, as the functions do", () => {
    assert.deepEqual(conditions.sketch.extract!(image), sketchOf(image));
    assert.deepEqual(conditions.intensity.extract!(image), intensityOf(image));
    assert.deepEqual(conditions.palette.extract!(image).histogram, Palette.fromImage(image).histogram);
    assert.deepEqual(
      conditionNames.filter((name) => conditionOf(name).extract),
      ["palette", "sketch", "intensity", "masking"],
    );
  });
});

describe("parts", () => {
  let home = "";
  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), "counterpoint-parts-"));
  });
  afterEach(() => rm(home, { recursive: true }));

  const subsets: [string, ConditionName[]][] = [
    ["all", [...conditionNames]],
    ["none", []],
    ["two", ["sketch", "caption"]],
  ];
  for (const [label, names] of subsets) {
    it(`come back as they were: ${label}`, async () => {
      const parts: Parts = Object.fromEntries(names.map((name) => [name, all[name]]));
      await saveParts(parts, join(home, "parts"));
      const loaded = await loadParts(join(home, "parts"));
      assert.deepEqual(Object.keys(loaded), names);
      assert.deepEqual(loaded, parts);
      assert.deepEqual(await readdir(home), ["parts"]);
    });
  }

  it("replace parts saved before, whole, and an empty folder", async () => {
    const folder = join(home, "parts");
    await mkdir(folder);
    await saveParts(all, folder);
    await saveParts({ caption: "a" }, folder);
    assert.deepEqual((await readdir(folder)).sort(), ["caption.json", "parts.json"]);
    assert.deepEqual(await loadParts(folder), { caption: "a" });
    assert.deepEqual(await readdir(home), ["parts"]);
  });

  it("take a palette given as colours, and skip what is undefined", () => {
    const { palette, ...others } = checkParts({ palette: ["#f00"], caption: undefined });
    assert.deepEqual(palette?.swatches(), [{ hex: "#ff0000", share: 1 }]);
    assert.deepEqual(others, {});
  });

  const refusedSaves: [string, () => [unknown, string], string, RegExp][] = [
    ["an absent folder above", () => [all, join(home, "absent", "parts")], "CP_IO_NOT_FOUND", /absent/],
    ["a folder with other files", () => [all, home], "CP_IO_EXISTS", /other\.txt/],
    ["a file in its place", () => [all, join(home, "other.txt")], "CP_IO_NOT_FOUND", /other\.txt/],
    ["an unknown part", () => [{ colour: 1 }, join(home, "parts")], "CP_ARG_UNKNOWN", /colour.*caption, semantics/],
    ["an inherited name", () => [{ constructor: 1 }, join(home, "parts")], "CP_ARG_UNKNOWN", /constructor/],
    ["a bad value", () => [{ ...all, depth: { ...steps, width: 4 } }, join(home, "parts")], "CP_ARG_SHAPE", /depth/],
    ["null", () => [null, join(home, "parts")], "CP_ARG_TYPE", /null/],
  ];
  for (const [name, make, code, message] of refusedSaves) {
    it(`refuse to be saved with ${name}, and write nothing`, async () => {
      await writeFile(join(home, "other.txt"), "mine");
      const [parts, folder] = make();
      await expectCode(() => saveParts(parts as Parts, folder), code, message);
      assert.deepEqual(await readdir(home), ["other.txt"]);
    });
  }

  const index = (value: unknown) => (folder: string) => writeFile(join(folder, "parts.json"), JSON.stringify(value));
  const good = { format: "counterpoint-parts", version: 1 };
  const damages: [string, (folder: string) => Promise<unknown>, string, RegExp][] = [
    ["no folder", (folder) => rm(folder, { recursive: true }), "CP_IO_NOT_FOUND", /parts\.json/],
    ["no index", (folder) => unlink(join(folder, "parts.json")), "CP_IO_NOT_FOUND", /parts\.json/],
    ["a truncated index", (folder) => truncate(join(folder, "parts.json"), 30), "CP_CONFIG_INVALID", /not valid JSON/],
    [
      "an index in broken UTF-8",
      (folder) => writeFile(join(folder, "parts.json"), Buffer.of(0xff, 0xfe)),
      "CP_CONFIG_INVALID",
      /JSON/,
    ],
    ["a huge index", (folder) => truncate(join(folder, "parts.json"), 2 ** 20), "CP_CONFIG_INVALID", /65536/],
    ["an index that is a list", index([]), "CP_ARG_TYPE", /JSON object/],
    ["another format", index({ ...good, format: "x", conditions: [] }), "CP_CONFIG_INVALID", /counterpoint-parts.*x 1/],
    ["a later version", index({ ...good, version: 2, conditions: [] }), "CP_CONFIG_INVALID", /version 1/],
    ["no list of conditions", index(good), "CP_CONFIG_INVALID", /list of different names/],
    ["a path as condition", index({ ...good, conditions: ["../../etc/passwd"] }), "CP_CONFIG_INVALID", /etc\/passwd/],
    ["an inherited name as condition", index({ ...good, conditions: ["__proto__"] }), "CP_CONFIG_INVALID", /__proto__/],
    ["a number as condition", index({ ...good, conditions: [1] }), "CP_CONFIG_INVALID", /got 1/],
    ["a condition twice", index({ ...good, conditions: ["depth", "depth"] }), "CP_CONFIG_INVALID", /different/],
    ["a missing part", (folder) => unlink(join(folder, "sketch.png")), "CP_IO_NOT_FOUND", /sketch\.png/],
    ["a truncated part", (folder) => truncate(join(folder, "sketch.png"), 70), "CP_IMAGE_DECODE", /truncated/],
    ["an empty part", (folder) => truncate(join(folder, "masking.png"), 0), "CP_IMAGE_FORMAT", /empty/],
    ["a part of 1 GiB", (folder) => truncate(join(folder, "depth.png"), 2 ** 30), "CP_IMAGE_TOO_LARGE", /depth\.png/],
    [
      "a palette of another type",
      (folder) => writeFile(join(folder, "palette.json"), '{"colors":{}}'),
      "CP_ARG_TYPE",
      /colours/,
    ],
    [
      "a link out of the folder",
      async (folder) => {
        await rm(join(folder, "depth.png"));
        await symlink("/etc/passwd", join(folder, "depth.png"));
      },
      "CP_MODEL_PATH_ESCAPE",
      /symbolic link/,
    ],
  ];
  for (const [name, damage, code, message] of damages) {
    it(`refuse to be loaded with ${name}`, async () => {
      const folder = join(home, "parts");
      await saveParts(all, folder);
      await damage(folder);
      await expectCode(() => loadParts(folder), code, message);
    });
  }

  it("can be copied by any tool and edited as text", async () => {
    await saveParts(all, join(home, "parts"));
    await cp(join(home, "parts"), join(home, "copy"), { recursive: true });
    await writeFile(join(home, "copy", "palette.json"), '{ "colors": [{ "hex": "#0ff" }] }');
    const { palette } = await loadParts(join(home, "copy"));
    assert.deepEqual(palette?.swatches(), [{ hex: "#00ffff", share: 1 }]);
  });
});
