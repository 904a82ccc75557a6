/**
 * Guidance between two condition sets (Composer §3.2 after Ho & Salimans 2022):
 *
 *   ε̂ = ω · ε(x_t, c₂) + (1 − ω) · ε(x_t, c₁)
 *
 * What is only in c₂ is pushed with ω, what is only in c₁ is pushed away with 1 − ω, what is in both has weight 1.
 * A condition set becomes a branch of the batch; equal branches are computed once and branches of weight 0 not at all.
 */
import type { ConditionName } from "../conditions/condition.js";

/** One forward pass of the net: the conditions it sees and its weight in the sum. Weights of a list add up to 1. */
export interface Branch {
  readonly conditions: ReadonlySet<ConditionName>;
  readonly weight: number;
}

/** The branches of ω · ε(c₂) + (1 − ω) · ε(c₁), at least one and at most two. */
export function guidanceBranches(
  first: ReadonlySet<ConditionName>,
  second: ReadonlySet<ConditionName>,
  guidance: number,
): Branch[] {
  if (first.size === second.size && [...first].every((name) => second.has(name))) {
    return [{ conditions: second, weight: 1 }];
  }
  const branches = [
    { conditions: second, weight: guidance },
    { conditions: first, weight: 1 - guidance },
  ];
  return branches.filter((branch) => branch.weight !== 0);
}
