import assert from "node:assert/strict";
import { guidanceBranches } from "../../lib/algebra/branches.js";
import type { ConditionName } from "../../lib/conditions/condition.js";

const set = (...names: ConditionName[]) => new Set(names);

describe("guidance branches", () => {
  const cases = [
    { title: "two sets", first: set("sketch"), second: set("sketch", "caption"), guidance: 3, weights: [3, -2] },
    {
      title: "equal sets, in another order",
      first: set("depth", "sketch"),
      second: set("sketch", "depth"),
      guidance: 3,
      weights: [1],
    },
    { title: "guidance 1", first: set(), second: set("caption"), guidance: 1, weights: [1] },
    { title: "guidance 0", first: set("palette"), second: set("caption"), guidance: 0, weights: [1] },
    { title: "sets of one size", first: set("palette"), second: set("caption"), guidance: 0.5, weights: [0.5, 0.5] },
    { title: "nothing at all", first: set(), second: set(), guidance: 7, weights: [1] },
  ];
  for (const { title, first, second, guidance, weights } of cases) {
    it(`of ${title}`, () => {
      const branches = guidanceBranches(first, second, guidance);
      assert.deepEqual(
        branches.map(({ weight }) => weight),
        weights,
      );
      assert.equal(branches[0].conditions, guidance === 0 ? first : second);
    });
  }
});
