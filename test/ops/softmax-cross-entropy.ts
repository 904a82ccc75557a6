import { softmaxCrossEntropy, softmaxCrossEntropyGradient } from "../../lib/ops/softmax-cross-entropy.js";
import type { Random } from "../random.js";
import { testOp } from "./harness.js";

const labels = (classes: number) => ({ target: (random: Random) => random.below(classes + 1) - 1 });
const large = (random: Random) => 300 * random.normal();

testOp(softmaxCrossEntropy, [
  { shapes: { logits: [3, 1], target: [3] }, values: { target: () => 0 }, differentiate: [] },
  { shapes: { logits: [2, 3, 11], target: [2, 3] }, values: labels(11) },
  { shapes: { logits: [40, 64], target: [40] }, values: labels(64) },
  { name: "large logits", shapes: { logits: [20, 9], target: [20] }, values: { logits: large, ...labels(9) } },
  { name: "targets beyond the last class", shapes: { logits: [3, 9], target: [3] }, values: { target: () => 1000 } },
]);
testOp(softmaxCrossEntropyGradient, [
  { shapes: { logits: [2, 3, 11], target: [2, 3], dloss: [2, 3] }, values: labels(11) },
  { shapes: { logits: [40, 64], target: [40], dloss: [40] }, values: labels(64) },
  {
    name: "large logits",
    shapes: { logits: [20, 9], target: [20], dloss: [20] },
    values: { logits: large, ...labels(9) },
  },
]);
