import { adamw } from "../../lib/ops/adamw.js";
import { testOp } from "./harness.js";

const settingsAt = (step: number) => {
  const [beta1, beta2] = [0.9, 0.999];
  const settings = [2e-3, beta1, beta2, 1e-8, 0.01, 1 - beta1 ** step, 1 - beta2 ** step, 0.995];
  return { settings: (_random: unknown, index: number) => settings[index] };
};
const shapes = (...shape: number[]) => ({
  parameter: shape,
  moment1: shape,
  moment2: shape,
  average: shape,
  gradient: shape,
  clip: [1],
  settings: [8],
});

testOp(
  adamw,
  [
    { shapes: shapes(1), values: settingsAt(1) },
    { shapes: shapes(3, 3, 5, 7), values: settingsAt(1000) },
    { shapes: shapes(20_001), values: { ...settingsAt(10), clip: () => 0.25 } },
  ],
  { values: { moment2: (random) => random.uniform() }, tolerance: 1e-6 },
);
