import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { version } from "../../lib/index.js";

it("the version is the package's", () => {
  const manifest = readFileSync(resolve(import.meta.dirname, "..", "..", "..", "package.json"), "utf8");
  assert.equal(version, JSON.parse(manifest).version);
});
