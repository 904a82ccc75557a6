import { addMasked, addMaskedGradient } from "../../lib/ops/add-masked.js";
import { testOp } from "./harness.js";

const bit = (random: { below(limit: number): number }) => random.below(2);

testOp(
  addMasked,
  [
    { shapes: { plane: [1, 1, 1, 1], mask: [1] } },
    { shapes: { base: [6, 3, 3, 5], plane: [2, 3, 3, 5], mask: [6] }, values: { mask: bit } },
    { shapes: { plane: [3, 3, 3, 5], mask: [3] } },
    {
      name: "a masked plane may hold anything",
      shapes: { base: [2, 3, 3, 5], plane: [2, 3, 3, 5], mask: [2] },
      values: {
        plane: (random, index) => (index < 45 ? random.normal() : Number.POSITIVE_INFINITY),
        mask: (_random, index) => 1 - index,
      },
      differentiate: [],
    },
  ],
  { differentiate: ["base", "plane"] },
);
testOp(addMaskedGradient, [
  { shapes: { dy: [6, 3, 3, 5], mask: [6] }, attributes: { images: 2 }, values: { mask: bit } },
  { shapes: { dy: [2, 40, 40, 9], mask: [2] }, attributes: { images: 2 } },
]);
