import assert from "node:assert/strict";
import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { skies } from "../../lib/data/attributes.js";
import { type Scene, sceneAt } from "../../lib/data/scene.js";
import { packedSceneLength, packScene } from "../../lib/data/scene-pack.js";
import { nearDepth } from "../../lib/data/scene-view.js";
import { Scenes } from "../../lib/data/scenes.js";
import { loadAddon } from "../../lib/machine/addon.js";

/** Pixels of each object in an instance map, by its number. */
function pixelCounts(instances: Uint8Array, objects: number): number[] {
  const counts = new Array<number>(objects + 1).fill(0);
  for (const value of instances) counts[value] += 1;
  return counts;
}

describe("rendered scenes", () => {
  let scenes: Scenes;
  before(() => {
    scenes = Scenes.open();
  });
  after(() => scenes.close());

  it("are the same from any renderer, in any batch", async () => {
    const other = Scenes.open();
    const whole = await scenes.batch(11, 0, 6);
    const parts = (await Promise.all([other.batch(11, 4, 2), scenes.batch(11, 0, 1), other.batch(11, 1, 3)])).flat();
    other.close();
    assert.deepEqual([...parts.slice(2), ...parts.slice(0, 2)], whole);
  });

  it("may be of a split each, and tell a single object in full", async () => {
    const mixed = await scenes.mixed(11, 5, ["single", "train", "single"], 64);
    assert.deepEqual(mixed[1], (await scenes.batch(11, 6, 1))[0]);
    for (const { scene, caption } of [mixed[0], mixed[2]]) {
      const [{ size, colour, material, shape }] = scene.objects;
      assert.equal(caption, `a ${size} ${colour} ${material} ${shape}`);
    }
  });

  it("show every object: 25 pixels and 40 % of its silhouette", async () => {
    for (const split of ["train", "held-out"] as const) {
      const samples = await scenes.batch(13, 0, 150, 64, split);
      for (const { scene, instances, caption } of samples) {
        const visible = pixelCounts(instances, scene.objects.length);
        const alone = await scenes.render(scene.objects.map((object) => ({ ...scene, objects: [object] })));
        scene.objects.forEach((_, place) => {
          const [, whole] = pixelCounts(alone.instances.subarray(place * 4096, (place + 1) * 4096), 1);
          const seen = visible[place + 1];
          assert.ok(seen >= 25 && seen >= 0.4 * whole, `object ${place} of "${caption}": ${seen} of ${whole} pixels`);
        });
      }
    }
  });

  it("have the analytic depth and outline of spheres and ground", async () => {
    const size = 64;
    const source = Array.from({ length: 60 }, (_, index) => sceneAt(17, index, "train")).filter(
      ({ objects }) => objects.length === 1 && objects[0].shape === "sphere",
    );
    assert.ok(source.length >= 3);
    const { instances, depth } = await scenes.render(source, size);
    source.forEach((scene, place) => {
      const worst = sphereDepthError(scene, size, instances.subarray(place * 4096), depth.subarray(place * 4096));
      assert.ok(worst < 2e-5, `largest difference ${worst}`);
    });
  });

  it("have a sky of depth 0 above ground that is nearer below", async () => {
    for (const { depth, size } of await scenes.batch(19, 0, skies.length, 32)) {
      assert.equal(depth[0], 0);
      assert.ok(depth[size * size - 1] > depth[size * (size / 2)]);
      assert.ok(depth.every((value) => value >= 0 && value <= 1));
    }
  });

  const good = packScene(sceneAt(1, 0, "train"));
  const broken = (index: number, value: number) => good.with(index, value);
  const refusals: [string, unknown[], string][] = [
    ["too short", [good.subarray(1), 1, 64], "CP_ARG_SHAPE"],
    ["wrong count", [good, 2, 64], "CP_ARG_SHAPE"],
    ["count 0", [good, 0, 64], "CP_ARG_RANGE"],
    ["a huge count", [good, 2 ** 40, 64], "CP_ARG_RANGE"],
    ["size 0", [good, 1, 0], "CP_ARG_RANGE"],
    ["size 0.5", [good, 1, 0.5], "CP_ARG_RANGE"],
    ["size NaN", [good, 1, Number.NaN], "CP_ARG_RANGE"],
    ["size 4096", [good, 1, 4096], "CP_ARG_RANGE"],
    ["another array", [new Float64Array(packedSceneLength), 1, 64], "CP_ARG_TYPE"],
    ["nothing", [], "CP_ARG_TYPE"],
    ["another layout version", [broken(0, 2), 1, 64], "CP_ARG_RANGE"],
    ["5 objects", [broken(1, 5), 1, 64], "CP_ARG_RANGE"],
    ["an unknown shape", [broken(35, 3), 1, 64], "CP_ARG_RANGE"],
    ...Array.from(good.keys(), (index): [string, unknown[], string] => [
      `NaN at ${index}`,
      [broken(index, Number.NaN), 1, 64],
      "CP_ARG_RANGE",
    ]),
    ...[Number.POSITIVE_INFINITY, 1e30, -1e30].flatMap((value) =>
      Array.from(good.keys(), (index): [string, unknown[], string] => [
        `${value} at ${index}`,
        [broken(index, value), 1, 64],
        "CP_ARG_RANGE",
      ]),
    ),
  ];
  it(`refuse ${refusals.length} wrong descriptions, and go on`, async () => {
    const renderer = new (loadAddon().SceneRenderer)();
    for (const [name, args, code] of refusals) {
      assert.throws(() => renderer.render(...(args as [Float32Array, number, number])), { code }, name);
    }
    assert.equal((await renderer.render(good, 1, 8)).rgb.length, 192);
    renderer.close();
  });

  it("survive the end of their thread in mid-run", async () => {
    const source = `const { parentPort, workerData } = require("node:worker_threads");
      import(workerData).then(async ({ Scenes }) => {
        const scenes = Scenes.open();
        for (;;) await Promise.all([scenes.batch(1, 0, 8), scenes.batch(1, 0, 1, 256), parentPort.postMessage("running")]);
      });`;
    for (let attempt = 0; attempt < 6; attempt++) {
      const workerData = new URL("../../lib/data/scenes.js", import.meta.url).href;
      const worker = new Worker(source, { eval: true, workerData });
      for (let message = 0; message <= attempt % 3; message++) await once(worker, "message");
      assert.equal(await worker.terminate(), 1);
    }
  });

  it("reject with CP_CLOSED once closed, and close twice", async () => {
    const closing = Scenes.open();
    const runs = Array.from({ length: 3 }, () => closing.batch(1, 0, 4, 512));
    setImmediate(() => closing.close());
    const ends = await Promise.allSettled(runs);
    const last = ends[2];
    assert.ok(last.status === "rejected" && last.reason.code === "CP_CLOSED");
    closing.close();
    await assert.rejects(closing.batch(1, 0, 1), { code: "CP_CLOSED" });
  });
});

/** Largest difference of a one-sphere scene's depth map from the formula in f64, away from outlines and the ground's end. */
function sphereDepthError(scene: Scene, size: number, instances: Uint8Array, depth: Float32Array): number {
  const { camera } = scene;
  const [{ x, y, radius }] = scene.objects;
  const cos = Math.cos(camera.pitch);
  const sin = Math.sin(camera.pitch);
  let worst = 0;
  for (let pixel = 0; pixel < size * size; pixel++) {
    const across = (((pixel % size) + 0.5) / size - 0.5) / camera.focal;
    const up = (0.5 - (Math.floor(pixel / size) + 0.5) / size) / camera.focal;
    const ray = [across, cos + up * sin, -sin + up * cos];
    const from = [camera.x - x, camera.y - y, camera.z - radius];
    const a = ray[0] ** 2 + ray[1] ** 2 + ray[2] ** 2;
    const b = ray[0] * from[0] + ray[1] * from[1] + ray[2] * from[2];
    const root = b * b - a * (from[0] ** 2 + from[1] ** 2 + from[2] ** 2 - radius * radius);
    if (Math.abs(root) < 0.02) continue;
    assert.equal(instances[pixel], root > 0 ? 1 : 0);
    const distance = root > 0 ? (-b - Math.sqrt(root)) / a : -camera.z / ray[2];
    if (root < 0 && (distance < 0 || distance > 17)) continue;
    worst = Math.max(worst, Math.abs(depth[pixel] - Math.min(1, nearDepth / distance)));
  }
  return worst;
}
