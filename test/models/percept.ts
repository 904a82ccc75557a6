import assert from "node:assert/strict";
import { flopsOf, parametersOf } from "../../lib/graph/flops.js";
import { Graph } from "../../lib/graph/graph.js";
import { type PerceptConfig, type PerceptName, perceive, perceptChannels } from "../../lib/models/percept.js";
import { decodePercept, type PerceptPlanes } from "../../lib/models/percept-decode.js";
import { type ObjectAttributes, perceptTargets, type TargetPlanes } from "../../lib/models/percept-targets.js";
import { judge, perceptMini } from "../../lib/models/presets.js";

const size = 64;

/** Discs painted one over the other. */
function scene(discs: readonly (ObjectAttributes & { x: number; y: number; radius: number })[]) {
  const instances = new Uint8Array(size * size);
  const depth = new Float32Array(size * size).fill(0.1);
  for (const [index, { x, y, radius }] of discs.entries()) {
    for (let pixel = 0; pixel < instances.length; pixel++) {
      if (((pixel % size) - x) ** 2 + (Math.floor(pixel / size) - y) ** 2 > radius ** 2) continue;
      instances[pixel] = index + 1;
      depth[pixel] = 0.2 + index / 10;
    }
  }
  return { instances, depth, objects: discs };
}

/** What a perfect net would predict. */
function predictionsOf(targets: TargetPlanes): PerceptPlanes {
  const logits = (name: PerceptName, labels: Int32Array) => {
    const plane = new Float32Array(labels.length * perceptChannels[name]);
    for (const [pixel, label] of labels.entries()) if (label >= 0) plane[pixel * perceptChannels[name] + label] = 9;
    return plane;
  };
  return {
    depth: targets.depth,
    shape: logits("shape", targets.shape),
    colour: logits("colour", targets.colour),
    size: logits("size", targets.size),
    material: logits("material", targets.material),
    centre: targets.centre,
    offset: targets.offset,
  };
}

describe("models/percept", () => {
  const presets: [string, PerceptConfig, number][] = [
    ["percept-mini", perceptMini, 2e6],
    ["judge", judge, 2.3e6],
  ];
  for (const [name, config, parameters] of presets) {
    it(`${name} has the size it should have`, () => {
      const graph = new Graph();
      const outputs = perceive(graph, config, graph.input("image", [1, size, size, 3]));
      const count = parametersOf(graph);
      console.log(`      ${name}: ${(count / 1e6).toFixed(2)} M, ${(flopsOf(graph) / 1e9).toFixed(2)} GFLOP`);
      assert.ok(Math.abs(count / parameters - 1) < 0.1, `${count} parameters`);
      for (const [output, channels] of Object.entries(perceptChannels)) {
        assert.deepEqual(outputs[output as PerceptName].shape, [1, size, size, channels]);
      }
    });
  }

  it("takes apart what its targets put together", () => {
    const { instances, depth, objects } = scene([
      { shape: 0, colour: 1, size: 1, material: 1, x: 20, y: 24, radius: 11 },
      { shape: 1, colour: 7, size: 0, material: 0, x: 34, y: 30, radius: 7 },
      { shape: 2, colour: 0, size: 0, material: 1, x: 52, y: 50, radius: 5 },
    ]);
    const percept = decodePercept(size, predictionsOf(perceptTargets(size, instances, objects, depth)));
    assert.equal(percept.objects.length, 3);
    const truthOf = percept.objects.map((found) => objects.findIndex(({ colour }) => colour === found.colour));
    for (const [index, found] of percept.objects.entries()) {
      const { shape, colour, size: large, material, x, y } = objects[truthOf[index]];
      assert.deepEqual([found.shape, found.colour, found.size, found.material], [shape, colour, large, material]);
      assert.ok(Math.min(...Object.values(found.confidence)) > 0.99);
      if (index > 0) continue;
      assert.ok(Math.abs(found.centreX * size - x) < 8 && Math.abs(found.centreY * size - y) < 8);
    }
    const relabelled = percept.instances.map((id) => (id === 0 ? 0 : truthOf[id - 1] + 1));
    const wrong = relabelled.filter((id, pixel) => id !== instances[pixel]).length;
    assert.equal(wrong, 0);
  });

  it("finds nothing in nothing, and keeps depth inside 0 … 1", () => {
    const planes = predictionsOf(perceptTargets(size, new Uint8Array(size * size), [], new Float32Array(size * size)));
    planes.depth.set([-1, 2]);
    const { objects, instances, depth } = decodePercept(size, planes);
    assert.equal(objects.length, 0);
    assert.ok(instances.every((id) => id === 0));
    assert.deepEqual([...depth.subarray(0, 2)], [0, 1]);
  });
});
