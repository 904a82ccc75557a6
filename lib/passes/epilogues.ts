/**
 * Lets products finish what they store where a device has more ways to than `fuse` takes for granted:
 *
 *     silu(linear(x)), gelu(linear(x)), quickGelu(linear(x))   → linearActivated
 *     geglu(linear(x))                                         → linearGated
 *     conv2d with residual = expandTokens(e)                   → conv2dShifted
 *
 * What goes into an activation, and what is the same all over an image, then never goes through memory.
 */
import type { Graph, Value } from "../graph/graph.js";
import { sameShape } from "../graph/pattern.js";
import { conv2d, conv2dShifted } from "../ops/conv2d.js";
import { expandTokens } from "../ops/expand-tokens.js";
import { geglu } from "../ops/geglu.js";
import { linear } from "../ops/linear.js";
import { activations, linearActivated, linearGated } from "../ops/linear-activated.js";
import { emit, type Rewritten, type Rule, rewrite, type Site } from "./rewrite.js";

/** The graph under the rules above. Expects no dead nodes: they count as uses. What was fused is left dead. */
export function withEpilogues(source: Graph): Rewritten {
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

const shifted: Rule = {
  on: conv2d.definition,
  rewrite({ graph, operands: { residual, ...operands }, attributes, producer }) {
    const expanded = producer(residual?.viewOf ?? residual, expandTokens.definition);
    const shift = expanded?.operands.x;
    if (!shift || !sameShape(shift.shape, [residual!.shape[0], residual!.shape[3]])) return null;
    return emit(graph, conv2dShifted.definition, { ...operands, shift }, attributes);
  },
};

const rules: readonly Rule[] = [gated, ...activated, shifted];
