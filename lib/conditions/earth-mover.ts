/**
 * Earth mover's distance: the least Σ flowᵢⱼ·dᵢⱼ that turns one histogram into another of equal mass.
 *
 * The ground distance is a metric, so what two histograms share may stay where it is, and only surplus and deficit are
 * transported: an exact min-cost flow by successive shortest paths with potentials (Ahuja, Magnanti, Orlin, "Network
 * Flows", section 9.7), Dijkstra on the dense bipartite graph.
 */

/** Masses below this are rounding of the histograms, not mass. */
const dust = 1e-12;

interface Transport {
  supply: number[];
  demand: number[];
  /** supply × demand: cost and flow of each arc. */
  cost: Float64Array;
  flow: Float64Array;
  potentialOfSupply: Float64Array;
  potentialOfDemand: Float64Array;
}

/**
 * EMD between two histograms over the same bins.
 *
 * @param p bins; need not be normalised, each is divided by its sum
 * @param distances bins × bins, a metric
 * @returns in the unit of `distances`
 */
export function earthMoversDistance(p: ArrayLike<number>, q: ArrayLike<number>, distances: Float64Array): number {
  const bins = p.length;
  const sumP = Array.from(p).reduce((a, b) => a + b, 0);
  const sumQ = Array.from(q).reduce((a, b) => a + b, 0);
  const difference = Array.from(p, (mass, i) => mass / sumP - q[i] / sumQ);
  const from = [...difference.keys()].filter((i) => difference[i] > dust);
  const to = [...difference.keys()].filter((i) => difference[i] < -dust);
  const transport: Transport = {
    supply: from.map((i) => difference[i]),
    demand: to.map((j) => -difference[j]),
    cost: Float64Array.from(from.flatMap((i) => to.map((j) => distances[i * bins + j]))),
    flow: new Float64Array(from.length * to.length),
    potentialOfSupply: new Float64Array(from.length),
    potentialOfDemand: new Float64Array(to.length),
  };
  while (augment(transport)) {
    // Each turn sends mass along one cheapest path; it ends when one side is used up.
  }
  return transport.cost.reduce((total, cost, arc) => total + cost * transport.flow[arc], 0);
}

/** Sends as much as fits along a cheapest path from what is left over to what is missing; false when nothing is left. */
function augment(t: Transport): boolean {
  const end = cheapestPath(t);
  if (end === undefined) {
    return false;
  }
  const n = t.demand.length;
  let amount = t.demand[end.demand];
  for (const step of end.path) {
    amount = step.back === undefined ? Math.min(amount, t.supply[step.supply]) : Math.min(amount, t.flow[step.back]);
  }
  for (const step of end.path) {
    t.flow[step.supply * n + step.demand] += amount;
    if (step.back === undefined) {
      t.supply[step.supply] -= amount;
    } else {
      t.flow[step.back] -= amount;
    }
  }
  t.demand[end.demand] -= amount;
  return true;
}

/** A forward arc supply → demand; `back` is the arc whose flow is taken back to reach this supply, if one is. */
interface Step {
  supply: number;
  demand: number;
  back: number | undefined;
}

/** Dijkstra over reduced costs from every supply with mass left; updates the potentials. */
function cheapestPath(t: Transport): { demand: number; path: Step[] } | undefined {
  const m = t.supply.length;
  const n = t.demand.length;
  const reach = Float64Array.from({ length: m + n }, (_, v) =>
    v < m && t.supply[v] > dust ? 0 : Number.POSITIVE_INFINITY,
  );
  const previous = new Int32Array(m + n).fill(-1);
  const done = new Uint8Array(m + n);
  for (;;) {
    let v = -1;
    for (let u = 0; u < m + n; u++) {
      if (done[u] === 0 && reach[u] < Number.POSITIVE_INFINITY && (v < 0 || reach[u] < reach[v])) v = u;
    }
    if (v < 0) {
      return undefined;
    }
    if (v >= m && t.demand[v - m] > dust) {
      raisePotentials(t, reach, reach[v]);
      return { demand: v - m, path: trace(previous, v, m, n) };
    }
    done[v] = 1;
    relax(t, v, reach, previous);
  }
}

function relax(t: Transport, v: number, reach: Float64Array, previous: Int32Array): void {
  const m = t.supply.length;
  const n = t.demand.length;
  const forward = v < m;
  for (let k = 0; k < (forward ? n : m); k++) {
    const i = forward ? v : k;
    const j = forward ? k : v - m;
    if (!forward && t.flow[i * n + j] <= dust) {
      continue;
    }
    // Potentials keep reduced costs at or above zero; rounding may leave them a hair below.
    const reduced = Math.max(0, t.cost[i * n + j] + t.potentialOfSupply[i] - t.potentialOfDemand[j]);
    const u = forward ? m + k : k;
    const length = reach[v] + (forward ? reduced : 0);
    if (length < reach[u]) {
      reach[u] = length;
      previous[u] = v;
    }
  }
}

function raisePotentials(t: Transport, reach: Float64Array, limit: number): void {
  const m = t.supply.length;
  t.potentialOfSupply.forEach((potential, i) => {
    t.potentialOfSupply[i] = potential + Math.min(reach[i], limit);
  });
  t.potentialOfDemand.forEach((potential, j) => {
    t.potentialOfDemand[j] = potential + Math.min(reach[m + j], limit);
  });
}

function trace(previous: Int32Array, end: number, m: number, n: number): Step[] {
  const path: Step[] = [];
  for (let v = end; v >= 0; ) {
    const supply = previous[v];
    const before = previous[supply];
    path.push({ supply, demand: v - m, back: before < 0 ? undefined : supply * n + (before - m) });
    v = before;
  }
  return path;
}
