import assert from "node:assert/strict";
import { type Attributes, heldOutCombinations, isHeldOut } from "../../lib/data/attributes.js";
import { type Scene, type SceneObject, type Split, sceneAt } from "../../lib/data/scene.js";
import { captionFromDetections, captionOf, type Detection } from "../../lib/data/scene-grammar.js";
import { tokenize, tokenLength, unknownId, untokenize, vocabulary } from "../../lib/data/vocabulary.js";
import { CounterpointError } from "../../lib/graph/error.js";

const splits: Split[] = ["train", "held-out", "fresh", "single"];

function scenesOf(seed: number, count: number, split: Split): Scene[] {
  return Array.from({ length: count }, (_, index) => sceneAt(seed, index, split));
}

/** Whether an object is what a singular phrase such as "small red cube" says, word by word. */
function fits(object: SceneObject, words: readonly string[]): boolean {
  const own = [object.size, object.colour, object.material, object.shape] as string[];
  return words.every((word) => own.includes(word));
}

/** Across and away in the camera's own directions, from world positions alone: what a place word claims of two objects. */
function placed(word: string, a: SceneObject, b: SceneObject, scene: Scene): boolean {
  const away = (object: SceneObject) =>
    (object.y - scene.camera.y) * Math.cos(scene.camera.pitch) -
    (object.halfHeight - scene.camera.z) * Math.sin(scene.camera.pitch);
  const bearing = (object: SceneObject) => (object.x - scene.camera.x) / away(object);
  if (word === "left of") return bearing(a) < bearing(b);
  if (word === "right of") return bearing(a) > bearing(b);
  return word === "in front of" ? away(a) < away(b) : away(a) > away(b);
}

/** Reads a caption anew, by patterns, and throws where it says something that is not so. */
function checkCaption(scene: Scene, caption: string): void {
  const surroundings = / on a (\w+) floor/.exec(caption);
  const above = / under a (\w+) sky/.exec(caption);
  if (surroundings) assert.equal(surroundings[1], scene.ground, caption);
  if (above) assert.equal(above[1], scene.sky, caption);
  const things = caption.replace(/ on a \w+ floor/, "").replace(/ under a \w+ sky/, "");
  const counts: Record<string, number> = { a: 1, two: 2, three: 3, four: 4 };
  const pieces = things.split(
    /(,? and (?:left of|right of|in front of|behind) |, | and | left of | right of | in front of | behind )/,
  );
  const told = pieces
    .filter((_, place) => place % 2 === 0)
    .map((phrase) => {
      const [count, ...words] = phrase.replace(/s$/, "").split(" ");
      const members = scene.objects.filter((object) => fits(object, words));
      assert.equal(members.length, counts[count], `"${phrase}" of "${caption}"`);
      return members;
    });
  assert.deepEqual(new Set(told.flat()), new Set(scene.objects), `everything is told in "${caption}"`);
  let word: string | undefined;
  pieces
    .filter((_, place) => place % 2 === 1)
    .forEach((joint, place) => {
      word = /left of|right of|in front of|behind/.exec(joint)?.[0] ?? word;
      if (word === undefined) return;
      for (const a of told[0]) {
        for (const b of told[place + 1]) assert.ok(placed(word, a, b, scene), `${word} in "${caption}"`);
      }
    });
}

describe("scenes as data", () => {
  it("are a pure function of seed, index and split", () => {
    for (const split of splits) {
      assert.deepEqual(scenesOf(5, 40, split), scenesOf(5, 40, split));
      assert.deepEqual(sceneAt(5, 39, split), sceneAt(5n, 39, split));
    }
    const texts = splits.flatMap((split) => [5, 6].flatMap((seed) => scenesOf(seed, 300, split)));
    assert.equal(new Set(texts.map((scene) => JSON.stringify(scene))).size, 2400);
  });

  it("keep their values from release to release", () => {
    const { camera, objects, ground, sky } = sceneAt(2n ** 40n + 3n, 2 ** 33 + 7, "train");
    const values = [camera.pitch, objects[0].x, objects[0].y, objects[0].yaw].map((value) => value.toFixed(9));
    assert.deepEqual(
      { ground, sky, values },
      { ground: "grassy", sky: "blue", values: ["0.424880486", "-0.170492411", "1.560568673", "0.351479845"] },
    );
  });

  it("refuse seeds and indices that are not whole", () => {
    for (const bad of [-1, 0.5, Number.NaN, 2 ** 53, Number.POSITIVE_INFINITY]) {
      const refused = (error: unknown) => error instanceof CounterpointError && error.code === "CP_ARG_RANGE";
      assert.throws(() => sceneAt(bad, 0, "train"), refused);
      assert.throws(() => sceneAt(0, bad, "train"), refused);
    }
  });

  it("hold out their combinations", () => {
    assert.ok(scenesOf(1, 2000, "train").every((scene) => !scene.objects.some(isHeldOut)));
    const heldOut = scenesOf(1, 1000, "held-out");
    assert.ok(heldOut.every((scene) => scene.objects.some(isHeldOut)));
    const fresh = scenesOf(1, 1000, "fresh").flatMap(({ objects }) => objects);
    const share = fresh.filter(isHeldOut).length / fresh.length;
    assert.ok(Math.abs(share - 5 / 48) < 0.03, `${share} of fresh objects are held out`);
    for (const held of heldOutCombinations) {
      assert.ok(heldOut.some(({ objects }) => objects.some((object) => fits(object, Object.values(held)))));
    }
  });

  it("of the split single have one object of a training combination, and a twin that differs in one attribute", () => {
    const single = scenesOf(1, 1000, "single");
    assert.ok(single.every(({ objects }) => objects.length === 1 && !isHeldOut(objects[0])));
    const told: Record<string, number> = { shape: 0, material: 0, colour: 0, size: 0 };
    for (let k = 0; k < single.length; k += 2) {
      const [a, b] = [single[k], single[k + 1]];
      const { radius, halfHeight, shape, colour, size, material } = b.objects[0];
      const taken = { radius, halfHeight, shape, colour, size, material };
      assert.deepEqual({ ...a, objects: [{ ...a.objects[0], ...taken }] }, b);
      const differing = Object.keys(told).filter((name) => {
        return a.objects[0][name as keyof Attributes] !== b.objects[0][name as keyof Attributes];
      });
      assert.equal(differing.length, 1);
      told[differing[0]]++;
    }
    const expected = { shape: 250, material: 150, colour: 50, size: 50 };
    for (const [name, count] of Object.entries(expected))
      assert.ok(Math.abs(told[name] - count) < 40, `${name}: ${told[name]}`);
  });

  it("have 1 to 4 objects, mostly 1 to 3", () => {
    const counts = scenesOf(3, 2000, "train").reduce(
      (sum, scene) => sum.with(scene.objects.length, sum[scene.objects.length] + 1),
      [0, 0, 0, 0, 0],
    );
    assert.equal(counts[0], 0);
    assert.ok(counts[4] > 50 && counts.slice(1, 4).every((count) => count > counts[4]), String(counts));
  });
});

describe("captions", () => {
  it("are true, told within 30 known words, and the same each time", () => {
    const seen = new Set<string>();
    for (const split of splits) {
      scenesOf(7, 400, split).forEach((scene, index) => {
        for (const variant of [0, index + 1, index + 1000]) {
          const caption = captionOf(scene, variant);
          checkCaption(scene, caption);
          assert.equal(captionOf(scene, variant), caption);
          const ids = tokenize(caption);
          assert.ok(!ids.includes(unknownId), caption);
          assert.equal(untokenize(ids), caption.replaceAll(",", ""));
          seen.add(caption.replace(/ (left|right|in front|behind) .*/, " $1"));
        }
      });
    }
    for (const word of ["left", "right", "in front", "behind"]) {
      assert.ok(
        [...seen].some((caption) => caption.endsWith(` ${word}`)),
        word,
      );
    }
    assert.ok(seen.size > 800);
  });

  const ball: Detection = {
    shape: "sphere",
    colour: "red",
    size: "large",
    material: "metal",
    centreX: 0.3,
    depth: 0.6,
    area: 0.1,
  };
  const cube: Detection = { shape: "cube", colour: "blue", centreX: 0.7, depth: 0.6, area: 0.05 };
  const cases: [string, Detection[], string][] = [
    ["one object", [ball], "a large red metal sphere"],
    ["nothing", [], ""],
    ["unknown attributes left out", [cube], "a blue cube"],
    ["left of", [cube, ball], "a large red metal sphere left of a blue cube"],
    ["too near to tell", [ball, { ...cube, centreX: 0.4 }], "a large red metal sphere and a blue cube"],
    ["behind", [ball, { ...cube, centreX: 0.4, depth: 0.8 }], "a large red metal sphere behind a blue cube"],
    ["counted", [cube, { ...cube, centreX: 0.9 }, ball], "a large red metal sphere left of two blue cubes"],
    ["the four largest of five", [cube, cube, cube, cube, { ...ball, area: 0.01 }], "four blue cubes"],
  ];
  for (const [name, objects, caption] of cases) {
    it(`from detections: ${name}`, () => assert.equal(captionFromDetections(objects), caption));
  }

  it("are tokenized word by word", () => {
    const ids = (text: string) => Array.from(tokenize(text)).filter((id) => id !== 0);
    assert.deepEqual(ids("A RED cube!"), [
      1,
      vocabulary.indexOf("a"),
      vocabulary.indexOf("red"),
      vocabulary.indexOf("cube"),
      2,
    ]);
    assert.deepEqual(ids("the big grey ball"), ids("a large gray sphere"));
    assert.deepEqual(ids("a __proto__ cube"), [1, vocabulary.indexOf("a"), unknownId, vocabulary.indexOf("cube"), 2]);
    assert.deepEqual(ids(""), [1, 2]);
    const long = tokenize("red ".repeat(100000));
    assert.equal(long.length, tokenLength);
    assert.deepEqual([long[0], long[30], long[31]], [1, vocabulary.indexOf("red"), 2]);
    assert.equal(new Set(vocabulary).size, vocabulary.length);
  });
});
