/** `npm start` with a tiny model: a picture and a rendered scene, each to a sheet, parts and a report. */
import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { conditionNames, loadParts, metricDirections } from "../../lib/index.js";
import { picture, size, writeTinyModel } from "../composer/tiny-model.js";
import { runCli } from "./command.js";

describe("npm start", () => {
  let weights = "";
  let folder = "";
  before(async () => {
    weights = await writeTinyModel();
    folder = await mkdtemp(join(tmpdir(), "counterpoint-start-"));
    await picture(1, 30).toFile(join(folder, "picture.png"));
  });
  after(() => rm(folder, { recursive: true }));

  for (const [name, given] of [
    ["a picture", ["picture.png"]],
    ["a rendered scene", []],
  ] as const) {
    it(`${name}: five results, each with its distances`, async () => {
      const out = join(folder, name);
      const pictures = given.map((file) => join(folder, file));
      const { code, stdout, stderr } = await runCli(
        [...pictures, "--weights", weights, "--steps", "1", "--out", out],
        "start.js",
      );
      assert.equal(code, 0, stderr);
      assert.match(stdout, /palette +#[0-9a-f]{6}[\s\S]*sheet\.png[\s\S]*Done in/);
      const { format, width, height } = await sharp(join(out, "sheet.png")).metadata();
      assert.equal(format, "png");
      assert.ok(width > 5 * size && height > 5 * size);
      assert.ok((await loadParts(join(out, "parts"))).sketch);
      const { results } = JSON.parse(await readFile(join(out, "report.json"), "utf8"));
      const names = results.map((result: { name: string }) => result.name);
      assert.deepEqual(names, ["everything", "palette", "caption", "repaint", "sketch"]);
      for (const { name, metrics, manifest } of results) {
        assert.equal(metrics.length, name === "sketch" ? 4 : 1);
        for (const record of metrics) checkMetrics(record, manifest.conditions);
      }
    });
  }

  it("a picture that is not there: exit code 3, in one line", async () => {
    const { code, stderr } = await runCli(
      [join(folder, "no.png"), "--weights", weights, "--out", join(folder, "no")],
      "start.js",
    );
    assert.equal(code, 3);
    assert.match(stderr, /^error CP_IO_NOT_FOUND: [^\n]*no\.png[^\n]*\n$/);
  });
});

/** One record for each given condition, every metric known and finite. */
function checkMetrics(record: Record<string, Record<string, number>>, given: readonly string[]): void {
  const measured = conditionNames.filter((name) => given.includes(name));
  assert.deepEqual(Object.keys(record).sort(), [...measured].sort());
  for (const [metric, value] of Object.values(record).flatMap((metrics) => Object.entries(metrics))) {
    assert.ok(Object.hasOwn(metricDirections, metric), metric);
    assert.ok(Number.isFinite(value), metric);
  }
}
