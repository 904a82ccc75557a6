import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CounterpointError } from "../../lib/graph/error.js";
import { fromHalves, toHalves } from "../../lib/graph/half.js";
import { parseHeader } from "../../lib/weights/header.js";
import { readSafetensors, type WeightsTensor, writeSafetensors } from "../../lib/weights/safetensors.js";
import { entry, fileOf, malformed, one } from "./malformed.js";

let folder = "";
const at = (name: string) => join(folder, name);

function viaHalf(values: Float32Array): Float32Array {
  const rounded = new Float32Array(values.length);
  fromHalves(toHalves(values), rounded);
  return rounded;
}

async function refused(promise: Promise<unknown>): Promise<CounterpointError> {
  const error = await promise.then(
    () => null,
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof CounterpointError, `expected a CounterpointError, got ${error}`);
  return error;
}

describe("weights/safetensors", () => {
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "counterpoint-weights-"));
  });
  after(() => rmSync(folder, { recursive: true }));

  for (const [name, bytes, code, text] of malformed) {
    it(`refuses ${name}`, async () => {
      writeFileSync(at("broken"), bytes);
      const error = await refused(readSafetensors(at("broken")));
      assert.equal(error.code, code, error.message);
      if (text) assert.match(error.message, text);
    });
  }

  it("refuses what is no file, without reading a long header of holes", async () => {
    mkdirSync(at("folder"));
    assert.equal((await refused(readSafetensors(at("folder")))).code, "CP_MODEL_NOT_FOUND");
    assert.equal((await refused(readSafetensors(at("absent")))).code, "CP_MODEL_NOT_FOUND");
    assert.equal((await refused(readSafetensors("/dev/zero"))).code, "CP_MODEL_NOT_FOUND");
    writeFileSync(at("sparse"), fileOf("{", 0, 2n ** 33n));
    truncateSync(at("sparse"), 2 ** 34);
    assert.equal((await refused(readSafetensors(at("sparse")))).code, "CP_WEIGHTS_HEADER_TOO_LARGE");
  });

  it("takes names of any kind as names", async () => {
    for (const name of ["__proto__", "constructor", "../../etc/passwd", "é \u{1f600}"]) {
      writeFileSync(at("names"), fileOf(one(name), 8));
      const { tensors } = await readSafetensors(at("names"));
      assert.deepEqual([...tensors.keys()], [name]);
    }
    assert.equal(Object.keys(Object.prototype).length, 0);
  });

  it("reads back what it wrote, and writes the same bytes again", async () => {
    const random = (count: number) => Float32Array.from({ length: count }, (_, i) => Math.sin(i * 12.9898) * 3);
    const tensors = new Map<string, WeightsTensor>([
      ["z.weight", { shape: [3, 5, 7], data: random(105) }],
      ["a.bias", { shape: [4], data: random(4) }],
      ["large", { shape: [1_200_000], data: random(1_200_000) }],
      ["scalar", { shape: [], data: random(1) }],
    ]);
    for (const dtype of ["F32", "F16"] as const) {
      await writeSafetensors(at(dtype), tensors, { dtype, metadata: { net: "test", note: 'ü"\n' } });
      await writeSafetensors(at("again"), new Map([...tensors].reverse()), {
        dtype,
        metadata: { net: "test", note: 'ü"\n' },
      });
      assert.ok(readFileSync(at(dtype)).equals(readFileSync(at("again"))));
      const { tensors: got, metadata, sha256 } = await readSafetensors(at(dtype));
      assert.deepEqual(
        [...metadata],
        [
          ["net", "test"],
          ["note", 'ü"\n'],
        ],
      );
      for (const [name, { shape, data }] of tensors) {
        const rounded = dtype === "F32" ? data : viaHalf(data);
        assert.deepEqual(got.get(name)?.shape, shape);
        assert.ok(
          got.get(name)?.data.every((value, i) => value === rounded[i]),
          name,
        );
      }
      await readSafetensors(at(dtype), { sha256 });
      assert.equal((await refused(readSafetensors(at(dtype), { sha256: "00" }))).code, "CP_WEIGHTS_HASH");
    }
    assert.deepEqual(
      readdirSync(folder).filter((name) => name.endsWith(".tmp")),
      [],
    );
  });

  it("leaves the old file where the new one cannot be written", async () => {
    const good = new Map([["a", { shape: [1], data: Float32Array.of(1) }]]);
    const bad = new Map([["a", { shape: [1], data: Float32Array.of(Number.NaN) }]]);
    await writeSafetensors(at("kept"), good);
    assert.equal((await refused(writeSafetensors(at("kept"), bad))).code, "CP_WEIGHTS_NONFINITE");
    assert.equal((await refused(writeSafetensors(at("absent/file"), good))).code, "CP_MODEL_NOT_FOUND");
    assert.equal((await readSafetensors(at("kept"))).tensors.get("a")?.data[0], 1);
    assert.deepEqual(
      readdirSync(folder).filter((name) => name.endsWith(".tmp")),
      [],
    );
  });

  it("survives 100000 mutated headers with a header or a CounterpointError", () => {
    const good = Buffer.from(
      `{"__metadata__":{"net":"mini"},"a.weight":${entry([2, 3], 0, 24)},"b":${entry([4], 24, 32, "F16")}}`,
    );
    const alphabet = Buffer.from('{}[]":,0123456789-.eE\\u\0\x1f aF\x80\xff', "latin1");
    let state = 1;
    const draw = (below: number) => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return Math.floor((state / 2 ** 32) * below);
    };
    let accepted = 0;
    // Most rounds throw, and nobody reads where from.
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0;
    for (let round = 0; round < 100_000; round++) {
      let bytes = Buffer.from(good);
      for (let edits = 1 + draw(3); edits > 0; edits--) {
        const place = draw(bytes.length);
        const kind = draw(4);
        if (kind === 0) bytes[place] = alphabet[draw(alphabet.length)];
        else if (kind === 1) bytes[place] ^= 1 << draw(8);
        else if (kind === 2) bytes = Buffer.concat([bytes.subarray(0, place), bytes.subarray(place + 1 + draw(8))]);
        else bytes = Buffer.concat([bytes.subarray(0, place + draw(8)), bytes.subarray(place)]);
        if (bytes.length === 0) break;
      }
      try {
        const { tensors } = parseHeader(bytes, 32, "mutated");
        const end = tensors.reduce((sum, tensor) => sum + tensor.end - tensor.begin, 0);
        assert.equal(end, 32);
        accepted++;
      } catch (error) {
        if (!(error instanceof CounterpointError) || !error.code.startsWith("CP_WEIGHTS_")) throw error;
      }
    }
    Error.stackTraceLimit = stackTraceLimit;
    assert.ok(accepted > 0 && accepted < 50_000, `${accepted} accepted`);
  });
});
