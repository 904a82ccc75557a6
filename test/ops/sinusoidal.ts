import assert from "node:assert/strict";
import { Graph } from "../../lib/graph/graph.js";
import { sinusoidal } from "../../lib/ops/sinusoidal.js";
import { store } from "../../lib/ops/store.js";
import { compile } from "../../lib/passes/compile.js";
import { layoutsOf, runOnce } from "../passes/run-program.js";
import { testDevicesFor } from "./devices.js";
import { testOp } from "./harness.js";

const time = (random: { uniform(): number }) => 1000 * random.uniform();

testOp(
  sinusoidal,
  [
    { shapes: { t: [1] }, attributes: { width: 2 }, values: { t: () => 0 } },
    { shapes: { t: [9] }, attributes: { width: 64 } },
    { shapes: { t: [3] }, attributes: { width: 10, maxPeriod: 0.3 } },
    {
      name: "backwards and far",
      shapes: { t: [9] },
      attributes: { width: 6 },
      values: { t: (r) => -1e5 * r.uniform() },
    },
  ],
  { values: { t: time }, tolerance: 1e-7 },
);

describe("op sinusoidal, beyond the angles that have one", () => {
  it("devices agree that it is no number there, and what it is elsewhere", async () => {
    const graph = new Graph();
    const y = sinusoidal(graph, { t: graph.input("t", [3]) }, { width: 4 });
    store(graph, { value: y, target: graph.state("y", [3, 4]) });
    const program = compile(graph, layoutsOf(graph));
    const leaves = new Map([["input:t", Float64Array.of(1.7e6, -1.7e6, Number.NaN)]]);
    const far = 17_000;
    const rows = [far, -far, Number.NaN].map((t) => [Number.NaN, Math.cos(t), Number.NaN, Math.sin(t)]);
    for (const { name, variants } of testDevicesFor(sinusoidal.definition)) {
      for (const device of variants) {
        const got = (await runOnce(device, program, leaves)).get("y")!;
        for (const [i, expected] of rows.flat().entries()) {
          const right = Number.isNaN(expected) ? Number.isNaN(got[i]) : Math.abs(got[i] - expected) < 1e-7;
          assert.ok(right, `${name}: ${got[i]} is not ${expected}`);
        }
      }
    }
  });
});
