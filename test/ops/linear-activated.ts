import { activations, linearActivated, linearGated } from "../../lib/ops/linear-activated.js";
import { testOp } from "./harness.js";

/** Several blocks of depth, several groups of columns, a narrow last panel. */
const long = { x: [2, 50, 401], weight: [401, 530], bias: [530] };

testOp(
  linearActivated,
  (Object.keys(activations) as (keyof typeof activations)[]).flatMap((activation) => [
    { shapes: { x: [3, 5], weight: [5, 7] }, attributes: { activation } },
    { shapes: { x: [2, 3, 4], weight: [4, 6], bias: [6] }, attributes: { activation } },
    { shapes: long, attributes: { activation } },
  ]),
);
testOp(linearGated, [
  { shapes: { x: [3, 5], weight: [5, 2] } },
  { name: "values and gates share panels", shapes: { x: [2, 3, 4], weight: [4, 6], bias: [6] } },
  { name: "values and gates share panels", shapes: { x: [2, 50, 401], weight: [401, 1000], bias: [1000] } },
  { name: "gates in panels of their own", shapes: { x: [2, 50, 401], weight: [401, 64], bias: [64] } },
  { name: "gates in panels of their own", shapes: { x: [2, 101, 33], weight: [33, 1216], bias: [1216] } },
]);
