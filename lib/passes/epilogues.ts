/**
 * Lets linear layers apply the activation behind them, whose operand then never goes through memory:
 *
 *     silu(linear(x)), gelu(linear(x)), quickGelu(linear(x))   → linearActivated
 *     geglu(linear(x))                                         → linearGated
 */
import type { Graph, Value } from "../graph/graph.js";
import { geglu } from "../ops/geglu.js";
import { linear } from "../ops/linear.js";
import { activations, linearActivated, linearGated } from "../ops/linear-activated.js";
import { emit, type Rewritten, type Rule, rewrite, type Site } from "./rewrite.js";

/** The graph under the rules above. Expects no dead nodes: they count as uses. What was fused is left dead. */
export function withActivations(source: Graph): Rewritten {
  return rewrite(source, rules);
}

const gated: Rule = {
  on: geglu.definition,
  rewrite: (site) => behindLinear(site, (layer) => emit(site.graph, linearGated.definition, layer, {})),
};

const activated = Object.entries(activations).map(([activation, { definition }]): Rule => {
  return {
    on: definition,
    rewrite: (site) =>
      behindLinear(site, (layer) => emit(site.graph, linearActivated.definition, layer, { activation })),
  };
});

/** What `fused` makes of the linear layer that alone an activation reads. */
function behindLinear(
  { operands: { x }, usedOnce, producer }: Site,
  fused: (layer: Record<string, Value | null>) => Value,
): Value | null {
  const layer = producer(x!, linear.definition);
  if (!layer || !usedOnce("x") || layer.operands.residual) return null;
  const { x: input, weight, bias } = layer.operands;
  return fused({ x: input, weight, bias });
}

const rules: readonly Rule[] = [gated, ...activated];
