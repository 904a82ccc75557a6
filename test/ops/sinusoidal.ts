import { sinusoidal } from "../../lib/ops/sinusoidal.js";
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
