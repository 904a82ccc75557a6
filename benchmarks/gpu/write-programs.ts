/**
 * Writes benchmarks/gpu/programs.json.gz: programs for machines that have a GPU but no Node, compiled here.
 *
 *     npm run bench:gpu-programs [-- --check]      --check: only says whether the file is what would be written
 */
import { readFileSync, writeFileSync } from "node:fs";
import { gunzipSync, gzipSync } from "node:zlib";
import { interfaceHash, loadOps } from "../../lib/program/op-table.js";
import { opRecord } from "./format.js";
import { netCases } from "./net-cases.js";
import { opCases } from "./op-cases.js";

const file = new URL("../../../benchmarks/gpu/programs.json.gz", import.meta.url);

const ops = await loadOps();
const opNames = ops.map(({ name }) => name);
const cases = [...(await opCases(opNames)), ...netCases(opNames)];
const text = JSON.stringify({ schema: 1, interfaceHash: interfaceHash(ops), ops: ops.map(opRecord), cases });

if (process.argv.includes("--check")) {
  const same = gunzipSync(readFileSync(file)).toString() === text;
  if (!same) console.error("benchmarks/gpu/programs.json.gz is not what the sources give: npm run bench:gpu-programs");
  process.exitCode = same ? 0 : 1;
} else {
  const packed = gzipSync(text, { level: 9 });
  writeFileSync(file, packed);
  console.log(`${cases.length} cases, ${text.length} bytes, ${packed.length} packed`);
}
