/** The command line as a process: help, exit codes, the one JSON value on stdout, and nothing written on an error. */
import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadParts } from "../../lib/index.js";
import { picture, writeTinyModel } from "../composer/tiny-model.js";
import { type Ended, runCli } from "./command.js";

describe("command line", () => {
  let weights = "";
  let folder = "";
  const file = (name: string) => join(folder, name);
  before(async () => {
    weights = await writeTinyModel();
    folder = await mkdtemp(join(tmpdir(), "counterpoint-cli-"));
    await picture(1, 24).toFile(file("picture.png"));
    await picture(2, 17).toFile(file("mask.png"));
    await writeFile(file("text.png"), "no picture");
  });
  after(() => rm(folder, { recursive: true }));

  /** Everything below `folder`. */
  const everything = () => readdir(folder, { recursive: true });
  const model = () => ["--weights", weights];
  const json = ({ code, stdout, stderr }: Ended) => {
    assert.equal(code, 0, stderr);
    return JSON.parse(stdout);
  };

  for (const name of ["decompose", "compose", "train", "evaluate", "devices"]) {
    it(`${name} --help ends with an example`, async () => {
      const { code, stdout } = await runCli([name, "--help"]);
      assert.equal(code, 0);
      assert.match(stdout, new RegExp(`^Usage: counterpoint ${name} `));
      assert.match(stdout, /--json/);
      assert.match(stdout, new RegExp(`\\nExample:\\n {2}counterpoint ${name} `));
    });
  }

  it("devices: the CPU with its instruction set, and the reference", async () => {
    const { devices, skipped } = json(await runCli(["devices", "--json"]));
    assert.ok(Array.isArray(skipped));
    const [first] = devices;
    assert.deepEqual([first.kind, first.isDefault], ["cpu", true]);
    assert.ok(first.threads >= 1 && first.memory.totalBytes >= first.memory.freeBytes && first.name !== "");
    assert.equal(devices.at(-1).kind, "reference");
    const { stdout } = await runCli(["devices"]);
    assert.match(
      stdout,
      /^default {2}cpu, (avx512bf16|avx512|avx2|baseline|neon), .* threads?, f32 or bf16, .* GiB free\n/,
    );
  });

  it("decompose, then compose with changes, then again: refused, forced", async () => {
    const caption = ["--caption", "a small red cube"];
    const taken = json(
      await runCli(["decompose", file("picture.png"), "--out", file("parts"), ...caption, ...model(), "--json"]),
    );
    const names = ["caption", "semantics", "palette", "sketch", "instances", "depth", "intensity"];
    assert.deepEqual(taken.parts, names);
    assert.deepEqual(Object.keys(taken.found), names);
    assert.deepEqual([taken.source, taken.imageSize], [{ width: 24, height: 24 }, 16]);
    assert.equal((await loadParts(file("parts"))).caption, "a small red cube");

    const out = ["--out", file("one.png")];
    const flags = [
      ...out,
      "--palette",
      "#aa3311:2,#224466",
      "--drop",
      "semantics,instances",
      "--steps",
      "2",
      "--seed",
      "5",
    ];
    const made = json(await runCli(["compose", file("parts"), ...flags, ...model(), "--json"]));
    assert.deepEqual([made.images, made.seed, made.maskErrorBefore], [[file("one.png")], 5, []]);
    assert.deepEqual(made.manifest.conditions, ["caption", "palette", "sketch", "depth", "intensity"]);
    assert.ok(made.adherence[0].palette.paletteDistance > 0);

    const before = await readFile(file("one.png"));
    const again = ["compose", file("parts"), ...out, "--steps", "1", ...model()];
    const refused = await runCli(again);
    assert.deepEqual([refused.code, refused.stdout], [5, ""]);
    assert.match(refused.stderr, /^error CP_IO_EXISTS: .*--force/);
    assert.deepEqual(await readFile(file("one.png")), before);
    const forced = await runCli([...again, "--force"]);
    assert.equal(forced.code, 0, forced.stderr);
    assert.match(forced.stdout, /one\.png: .*paletteDistance/);
    assert.notDeepEqual(await readFile(file("one.png")), before);
  });

  it("compose: a picture with a region repainted, several pictures into a folder", async () => {
    const flags = [
      "--keep",
      "palette",
      "--repaint",
      "2,3,4,5",
      "--repaint",
      "10,10,2,2",
      "--count",
      "2",
      "--steps",
      "1",
    ];
    const made = json(
      await runCli(["compose", file("picture.png"), ...flags, "--out", file("two"), ...model(), "--json"]),
    );
    assert.deepEqual(made.manifest.conditions, ["palette", "masking"]);
    assert.deepEqual(made.images, [join(file("two"), "0.png"), join(file("two"), "1.png")]);
    assert.equal(made.adherence[1].masking.maskError, 0);
    assert.deepEqual((await readdir(file("two"))).sort(), ["0.png", "1.png", "manifest.json"]);
    const manifest = JSON.parse(await readFile(join(file("two"), "manifest.json"), "utf8"));
    assert.equal(manifest.options.count, 2);
  });

  it("train: a step, and on from there", async () => {
    const args = ["train", "percept-mini", "--batch", "1", "--out", file("training"), "--threads", "1", "--json"];
    const summary = json(await runCli([...args, "--steps", "1"]));
    assert.deepEqual([summary.task, summary.steps, summary.samples], ["percept-mini", 1, 1]);
    assert.ok(Number.isFinite(summary.finalLoss));
    assert.deepEqual(summary.weightsFile, join(file("training"), "percept-mini.safetensors"));
    assert.equal(json(await runCli([...args, "--steps", "2"])).steps, 2);
  });

  it("Ctrl-C ends a composition with 130 and leaves nothing", async () => {
    const before = await everything();
    const args = [
      "compose",
      "--device",
      "reference",
      "--steps",
      "1000",
      "--out",
      file("never.png"),
      ...model(),
      "--json",
    ];
    const { code, stdout } = await runCli(args, "main.js", 8000);
    assert.equal(code, 130);
    assert.equal(JSON.parse(stdout).error.code, "CP_CANCELLED");
    assert.deepEqual(await everything(), before);
  });

  const composed = (...args: string[]) => ["compose", ...args, "--steps", "1"];
  const bad: readonly [name: string, args: () => string[], exit: number, code: string, message: RegExp][] = [
    ["an unknown command", () => ["compoze"], 2, "CP_ARG_UNKNOWN", /did you mean compose/i],
    ["an unknown flag", () => ["devices", "--jsonn"], 2, "CP_ARG_UNKNOWN", /did you mean --json/i],
    ["no --out", () => ["compose"], 2, "CP_ARG_TYPE", /--out/],
    ["steps 0", () => ["compose", "--out", file("a.png"), "--steps", "0"], 2, "CP_ARG_RANGE", /1 to 1000, got 0/],
    ["steps 1.5", () => ["compose", "--out", file("a.png"), "--steps", "1.5"], 2, "CP_ARG_RANGE", /got 1\.5/],
    ["steps NaN", () => ["compose", "--out", file("a.png"), "--steps", "NaN"], 2, "CP_ARG_TYPE", /got "NaN"/],
    ["a bad colour", () => composed("--out", file("a.png"), "--palette", "#12", ...model()), 2, "CP_ARG_RANGE", /#12/],
    ["a bad weight", () => composed("--out", file("a.png"), "--palette", "#123:x"), 2, "CP_ARG_RANGE", /#123:x/],
    ["a bad rectangle", () => composed("--out", file("a.png"), "--repaint", "1,2,3"), 2, "CP_ARG_RANGE", /x,y,width/],
    ["an unknown part", () => composed("--out", file("a.png"), "--keep", "sketchs"), 2, "CP_ARG_RANGE", /"sketch"/],
    [
      "keep and drop",
      () => composed("--out", file("a.png"), "--keep", "depth", "--drop", "depth"),
      2,
      "CP_ARG_CONFLICT",
      /--drop/,
    ],
    [
      "a part not there",
      () => composed("--out", file("a.png"), "--keep", "depth", ...model()),
      2,
      "CP_ARG_CONFLICT",
      /depth/,
    ],
    ["several in a file", () => composed("--out", file("a.png"), "--count", "2"), 2, "CP_ARG_CONFLICT", /folder/],
    [
      "a mask of another size",
      () => composed(file("picture.png"), "--out", file("a.png"), "--mask", file("mask.png"), ...model()),
      2,
      "CP_ARG_SHAPE",
      /24 × 24.*17 × 17/,
    ],
    [
      "an absent picture",
      () => composed(file("no.png"), "--out", file("a.png"), ...model()),
      3,
      "CP_IO_NOT_FOUND",
      /no\.png/,
    ],
    ["no picture", () => ["decompose", file("text.png"), "--out", file("p"), ...model()], 3, "CP_IMAGE_FORMAT", /PNG/],
    ["no weights", () => composed("--out", file("a.png"), "--weights", file("none")), 3, "CP_MODEL_NOT_FOUND", /none/],
    ["no folder for --out", () => composed("--out", file("no/a.png")), 5, "CP_IO_NOT_FOUND", /create it first/],
    ["an unknown task", () => ["train", "clip"], 2, "CP_ARG_RANGE", /clip-mini/],
    ["a training of no steps", () => ["train", "judge", "--steps", "0"], 2, "CP_ARG_RANGE", /got 0/],
    ["an evaluation of no scenes", () => ["evaluate", "--count", "0"], 2, "CP_ARG_RANGE", /got 0/],
    ["257 threads", () => ["train", "judge", "--threads", "257"], 2, "CP_ARG_RANGE", /1 to 256, got 257/],
  ];
  for (const [name, args, exit, code, message] of bad) {
    it(`${name}: exit code ${exit}, ${code}`, async () => {
      const before = await everything();
      const { code: got, stdout, stderr } = await runCli([...args(), "--json"]);
      assert.equal(got, exit, stderr);
      const { error } = JSON.parse(stdout);
      assert.equal(error.code, code);
      assert.match(error.message, message);
      assert.deepEqual(await everything(), before);
    });
  }
});
