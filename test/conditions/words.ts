import assert from "node:assert/strict";
import { caption } from "../../lib/conditions/caption.js";
import { blendSemantics, semantics } from "../../lib/conditions/semantics.js";
import { uniformStream } from "../../lib/graph/random.js";
import { expectCode } from "./expect-code.js";

const png = Buffer.alloc(0);
const jsonOf = (value: unknown) => ({ png, json: Buffer.from(JSON.stringify(value)) });

describe("caption", () => {
  for (const good of ["", "a small red cube", "Würfel 立方体 🧊", "x".repeat(300)]) {
    it(`takes ${JSON.stringify(good.slice(0, 20))} and keeps it through its file`, async () => {
      assert.equal(caption.check(good), good);
      const { json } = await caption.write(good);
      assert.equal(await caption.read({ png, json: json! }), good);
    });
  }
  const bad: [string, unknown, string, RegExp][] = [
    ["null", null, "CP_ARG_TYPE", /null/],
    ["a number", 7, "CP_ARG_TYPE", /got 7/],
    ["301 characters", "x".repeat(301), "CP_ARG_RANGE", /at most 300.*301/],
    ["a newline", "a\nb", "CP_ARG_RANGE", /control characters.*\\n/],
    ["NUL", "a\0", "CP_ARG_RANGE", /u0000/],
    ["a C1 control character", "a\x85", "CP_ARG_RANGE", /control/],
    ["half a surrogate pair", "a\ud800", "CP_ARG_RANGE", /Unicode/],
  ];
  for (const [name, value, code, message] of bad) {
    it(`refuses ${name}`, () => expectCode(() => caption.check(value), code, message));
  }
  it("refuses a file without caption", () => expectCode(() => caption.read(jsonOf({})), "CP_ARG_TYPE", /undefined/));
  it("compares words, not case or spacing", () => {
    assert.deepEqual(caption.distance("a Red  cube", "a red cube "), { captionAccuracy: 1 });
    assert.deepEqual(caption.distance("a red cube", "a blue cube"), { captionAccuracy: 0 });
  });
});

describe("semantics", () => {
  const unit = (seed: number, width = 16): Float32Array => {
    const draw = uniformStream(seed, 0);
    const raw = Float32Array.from({ length: width }, () => draw() - 0.5);
    const norm = Math.hypot(...raw);
    return raw.map((value) => value / norm);
  };
  const [a, b] = [unit(1), unit(2)];
  const angle = (u: Float32Array, v: Float32Array): number => Math.acos(semantics.distance(u, v).semanticsCosine!);

  it("keeps its bits through its file", async () => {
    const { json } = await semantics.write(a);
    assert.deepEqual(await semantics.read({ png, json: json! }), a);
    assert.equal(semantics.toVector!(a), a);
  });

  it("has the cosine as distance", () => {
    assert.ok(Math.abs(semantics.distance(a, a).semanticsCosine! - 1) < 1e-6);
    assert.ok(
      Math.abs(
        semantics.distance(
          a,
          a.map((v) => -v),
        ).semanticsCosine! + 1,
      ) < 1e-6,
    );
    assert.equal(semantics.distance(Float32Array.of(1, 0), Float32Array.of(0, 1)).semanticsCosine, 0);
  });

  it("blends along the great circle at constant speed", () => {
    for (const t of [0, 0.25, 0.5, 1]) {
      const mixed = semantics.check(blendSemantics(a, b, t));
      assert.ok(Math.abs(angle(a, mixed) - t * angle(a, b)) < 1e-3, `t ${t}`);
    }
    assert.ok(angle(blendSemantics(a, a, 0.5), a) < 1e-3);
  });

  const bad: [string, () => unknown, string, RegExp][] = [
    ["a list", () => semantics.check([1]), "CP_ARG_TYPE", /Float32Array/],
    ["an empty vector", () => semantics.check(new Float32Array(0)), "CP_ARG_SHAPE", /of 0/],
    ["a huge vector", () => semantics.check(new Float32Array(5000)), "CP_ARG_SHAPE", /4096/],
    ["a zero vector", () => semantics.check(new Float32Array(4)), "CP_ARG_RANGE", /got 0/],
    ["NaN", () => semantics.check(Float32Array.of(Number.NaN)), "CP_ARG_RANGE", /NaN/],
    ["vectors of two widths", () => semantics.distance(a, unit(1, 8)), "CP_ARG_SHAPE", /16 numbers.*of 8/],
    ["a blend beyond 1", () => blendSemantics(a, b, 2), "CP_ARG_RANGE", /0…1/],
    [
      "a blend of opposites",
      () =>
        blendSemantics(
          a,
          a.map((v) => -v),
          0.5,
        ),
      "CP_ARG_RANGE",
      /opposite/,
    ],
    ["a file of texts", () => semantics.read(jsonOf({ embedding: ["1"] })), "CP_CONFIG_INVALID", /list of numbers/],
    ["a file without embedding", () => semantics.read(jsonOf({})), "CP_CONFIG_INVALID", /embedding/],
    ["a file that is a list", () => semantics.read(jsonOf([])), "CP_ARG_TYPE", /JSON object/],
  ];
  for (const [name, act, code, message] of bad) {
    it(`refuses ${name}`, () => expectCode(act, code, message));
  }
});
