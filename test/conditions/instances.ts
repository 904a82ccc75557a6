import assert from "node:assert/strict";
import sharp from "sharp";
import type { Attributes } from "../../lib/conditions/attributes.js";
import { type Instances, instances } from "../../lib/conditions/instances.js";
import { expectCode } from "./expect-code.js";

const object = (shape: Attributes["shape"]): Attributes => ({ shape, colour: "red", size: "small", material: "metal" });

/** Instances drawn as rows of digits: "0" for nothing, "1" for the first object … */
const drawn = (rows: string[], shapesOfObjects: Attributes["shape"][]): Instances => ({
  width: rows[0].length,
  height: rows.length,
  map: Uint8Array.from(rows.join(""), Number),
  objects: shapesOfObjects.map(object),
});

const scene = drawn(["0011", "0111", "0222", "0222"], ["sphere", "cylinder"]);

describe("instances", () => {
  it("paints the class of each object and the boundaries of objects", () => {
    const plane = instances.toPlane!(scene, 4);
    const channel = (c: number): string[] =>
      Array.from({ length: 4 }, (_, y) => Array.from({ length: 4 }, (_, x) => plane[(y * 4 + x) * 4 + c]).join(""));
    assert.deepEqual(channel(0), ["0011", "0111", "0000", "0000"]);
    assert.deepEqual(channel(1), ["0000", "0000", "0000", "0000"]);
    assert.deepEqual(channel(2), ["0000", "0000", "0111", "0111"]);
    assert.deepEqual(channel(3), ["0010", "0111", "0111", "0100"]);
  });

  it("keeps touching objects of one shape apart by their boundary, and resizes by nearest neighbour", () => {
    const twins = drawn(["12", "12"], ["cube", "cube"]);
    const plane = instances.toPlane!(twins, 4);
    const row = Array.from({ length: 4 }, (_, x) => [...plane.subarray(x * 4, x * 4 + 4)].join(""));
    assert.deepEqual(row, ["0100", "0101", "0101", "0100"]);
  });

  it("has the mean IoU over the classes that occur as distance", () => {
    assert.deepEqual(instances.distance(scene, scene), { instancesMiou: 1 });
    // Renumbered objects are the same picture.
    const renumbered = drawn(["0022", "0222", "0111", "0111"], ["cylinder", "sphere"]);
    assert.deepEqual(instances.distance(scene, renumbered), { instancesMiou: 1 });
    // Background 5/6, sphere 0/5 (as cube: 0/6), cylinder 6/6, cube 0/6.
    const wrong = drawn(["0111", "0111", "0222", "0222"], ["cube", "cylinder"]);
    const { instancesMiou } = instances.distance(scene, wrong);
    assert.ok(Math.abs(instancesMiou! - (4 / 5 + 0 + 1 + 0) / 4) < 1e-12, String(instancesMiou));
    const empty = drawn(["00", "00"], []);
    assert.deepEqual(instances.distance(empty, empty), { instancesMiou: 1 });
  });

  it("survives its files to the bit", async () => {
    const { png, json } = await instances.write(scene);
    assert.deepEqual(await instances.read({ png: png!, json: json! }), scene);
  });

  const json = Buffer.from('{"objects":[]}');
  const files = (png: Promise<Buffer>): Promise<{ png: Buffer; json: Buffer }> =>
    png.then((bytes) => ({ png: bytes, json }));
  const grey = (value: number) => sharp(Uint8Array.of(value), { raw: { width: 1, height: 1, channels: 1 } });
  const bad: [string, () => unknown, string, RegExp][] = [
    ["null", () => instances.check(null), "CP_ARG_TYPE", /null/],
    [
      "a map of a wrong length",
      () => instances.check({ ...scene, map: new Uint8Array(15) }),
      "CP_ARG_SHAPE",
      /= 16.*of 15/,
    ],
    [
      "a map of a wrong type",
      () => instances.check({ ...scene, map: [...scene.map] }),
      "CP_ARG_TYPE",
      /Uint8Array.*Array of 16/,
    ],
    [
      "an index without object",
      () => instances.check({ ...scene, objects: [object("cube")] }),
      "CP_ARG_RANGE",
      /0 to 1.*got 2/,
    ],
    ["objects that are no list", () => instances.check({ ...scene, objects: {} }), "CP_ARG_TYPE", /list/],
    [
      "an unknown shape",
      () => instances.check({ ...scene, objects: [object("cone" as "cube"), object("cube")] }),
      "CP_ARG_RANGE",
      /sphere or cube or cylinder.*cone/,
    ],
    ["an object of null", () => instances.check({ ...scene, objects: [null, null] }), "CP_ARG_TYPE", /object 0/],
    [
      "too many objects",
      () => instances.check({ ...scene, objects: Array(256).fill(object("cube")) }),
      "CP_ARG_RANGE",
      /255/,
    ],
    [
      "an inherited word as colour",
      () => instances.check({ ...scene, objects: [{ ...object("cube"), colour: "constructor" }, object("cube")] }),
      "CP_ARG_RANGE",
      /gray or red/,
    ],
    ["a plane that is not square", () => instances.toPlane!(drawn(["00"], []), 2), "CP_ARG_SHAPE", /square/],
    ["instances of two sizes", () => instances.distance(scene, drawn(["0"], [])), "CP_ARG_SHAPE", /4 × 4.*1 × 1/],
    [
      "a JPEG",
      async () => instances.read(await files(grey(0).jpeg().toBuffer())),
      "CP_IMAGE_FORMAT",
      /8-bit PNG.*jpeg/,
    ],
    [
      "a 16-bit PNG",
      async () => instances.read(await files(grey(0).toColourspace("grey16").png().toBuffer())),
      "CP_IMAGE_FORMAT",
      /ushort/,
    ],
    [
      "a PNG that names objects the JSON lacks",
      async () => instances.read(await files(grey(3).png().toBuffer())),
      "CP_ARG_RANGE",
      /got 3/,
    ],
  ];
  for (const [name, act, code, message] of bad) {
    it(`refuses ${name}`, () => expectCode(act, code, message));
  }
});
