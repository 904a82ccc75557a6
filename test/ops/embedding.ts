import { embedding, embeddingGradient } from "../../lib/ops/embedding.js";
import { type Element, testOp } from "./harness.js";

/** Ids on both sides of a table of 7 rows, and each row many times. */
const ids: Element = (random) => random.below(11) - 2;

testOp(
  embedding,
  [
    { shapes: { table: [7, 5], ids: [3] } },
    { shapes: { table: [7, 130], ids: [2, 70] } },
    ...(["f16", "bf16"] as const).map((table) => ({
      name: table,
      shapes: { table: [7, 131], ids: [2, 70] },
      dtypes: { table },
    })),
    {
      name: "far outside",
      shapes: { table: [7, 3], ids: [2] },
      values: { ids: (_, index) => [-(2 ** 31), 2 ** 31 - 1][index] },
    },
  ],
  { values: { ids }, tolerance: 0 },
);
testOp(embeddingGradient, [{ shapes: { ids: [2, 70], dy: [2, 70, 130] }, attributes: { vocabulary: 7 } }], {
  values: { ids },
});
