import { combineBranches } from "../../lib/ops/combine-branches.js";
import { testOp } from "./harness.js";

testOp(combineBranches, [
  { shapes: { x: [1, 3], weights: [1, 1] } },
  { shapes: { x: [6, 5, 7], weights: [3, 2] } },
  {
    name: "a branch of weight 0 may hold anything",
    shapes: { x: [4, 5, 7], weights: [2, 2] },
    values: {
      x: (random, index) => (index < 70 ? random.normal() : Number.NaN),
      weights: (random, index) => (index < 2 ? random.normal() : 0),
    },
  },
]);
