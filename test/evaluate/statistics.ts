/** Paired comparisons against numbers worked out by hand and printed tables of Student's t. */
import assert from "node:assert/strict";
import { rowOf } from "../../lib/evaluate/report.js";
import { pairedComparison, studentQuantile } from "../../lib/evaluate/statistics.js";

describe("statistics", () => {
  // Two-sided 95 % points, Abramowitz and Stegun, table 26.10.
  const quantiles: readonly (readonly [freedom: number, t: number])[] = [
    [1, 12.706],
    [2, 4.303],
    [3, 3.182],
    [4, 2.776],
    [5, 2.571],
    [10, 2.228],
    [30, 2.042],
    [60, 2.0],
    [120, 1.98],
  ];
  for (const [freedom, t] of quantiles) {
    it(`t of ${freedom} degrees of freedom is ${t}`, () => {
      assert.ok(Math.abs(studentQuantile(freedom) - t) < 6e-4, String(studentQuantile(freedom)));
    });
  }

  it("a paired comparison by hand", () => {
    // Differences 1, 2, 3, 6: mean 3, squares 4 + 1 + 0 + 9 = 14, s² = 14/3, s/√4 = √(14/12) = 1.0801, t(3) = 3.1824.
    const { count, difference, low, high } = pairedComparison([2, 4, 6, 10], [1, 2, 3, 4]);
    assert.equal(count, 4);
    assert.equal(difference, 3);
    assert.ok(Math.abs(low - (3 - 3.4374)) < 1e-3 && Math.abs(high - (3 + 3.4374)) < 1e-3, `${low} ${high}`);
  });

  it("what all pairs share has no influence", () => {
    const shift = [100, 200, 300, 400];
    const shifted = pairedComparison(
      [2, 4, 6, 10].map((value, i) => value + shift[i]),
      [1, 2, 3, 4].map((value, i) => value + shift[i]),
    );
    assert.deepEqual(shifted, pairedComparison([2, 4, 6, 10], [1, 2, 3, 4]));
  });

  const verdicts: readonly (readonly [metric: "sketchF1" | "depthRmse", differences: number[], beats: boolean])[] = [
    ["sketchF1", [0.1, 0.2, 0.15], true],
    ["sketchF1", [-0.1, -0.2, -0.15], false],
    ["sketchF1", [0.1, 0.2, -0.15], false],
    ["sketchF1", [0, 0, 0], false],
    ["sketchF1", [Number.NaN, 0.2, 0.2], false],
    ["depthRmse", [-0.1, -0.2, -0.15], true],
    ["depthRmse", [0.1, 0.2, 0.15], false],
    ["depthRmse", [-0.1, -0.2, 0.15], false],
  ];
  for (const [metric, differences, beats] of verdicts) {
    it(`${metric} ${differences.join(", ")}: ${beats ? "beats" : "does not beat"} the baseline`, () => {
      const pairs = differences.map((value) => ({ given: { [metric]: 0.5 + value }, without: { [metric]: 0.5 } }));
      assert.equal(rowOf("all", [], pairs).comparisons[metric]!.beatsBaseline, beats);
    });
  }

  it("a metric that one image alone has is left out", () => {
    const some = { given: { sketchF1: 1 }, without: { sketchF1: 0 } };
    const both = { given: { sketchF1: 1, captionAccuracy: 1 }, without: { sketchF1: 0, captionAccuracy: 0 } };
    const { metrics, baseline, comparisons } = rowOf("all", [], [some, both]);
    assert.deepEqual([metrics, baseline, Object.keys(comparisons)], [{ sketchF1: 1 }, { sketchF1: 0 }, ["sketchF1"]]);
  });
});
