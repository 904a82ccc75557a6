/**
 * Checks a planned program against its graph by following what every byte holds, without looking at lifetimes.
 *
 * Every write gives a stretch of memory a new content; a write over part of another content destroys that one. An
 * instruction is right when each operand's stretch holds exactly the content that the graph says it reads. So no two
 * live values overlap, nothing is read before it is written, and no order of mutations is lost.
 */
import { CounterpointError } from "../graph/error.js";
import { dtypeBytes, type Graph, type Node, storageOf, type Value } from "../graph/graph.js";
import { product, sameShape } from "../graph/pattern.js";
import { store } from "../ops/store.js";
import { alignment, type Instruction, type Operand, type Program, type Region } from "../program/program.js";
import { mutatedBy } from "./rewrite.js";

/** Throws CP_PROGRAM_INVALID, naming the instruction and its frame, unless `program` computes what `graph` says. */
export function verifyPlan(graph: Graph, program: Program): void {
  const verifier = new Verifier(graph, program);
  let next = 0;
  for (const node of graph.nodes) {
    const instruction = program.instructions[next];
    if (node.op === store.definition && verifier.isElided(node)) continue;
    const wrong = instruction ? verifier.step(node, instruction) : "is missing";
    if (wrong) throw invalid(`instruction ${next} (${node.op.name}, ${node.frame}) ${wrong}`, next);
    next++;
  }
  if (next !== program.instructions.length) throw invalid("there are more instructions than nodes", next);
  const lost = verifier.lostState();
  if (lost) throw invalid(`state "${lost}" does not hold its last value at the end`, next);
}

interface Stretch {
  readonly start: number;
  readonly end: number;
  /** Which write this is the trace of. */
  readonly content: number;
}

/** What a region holds: disjoint stretches by start. */
class Memory {
  private readonly stretches: Stretch[] = [];

  write(start: number, end: number, content: number): void {
    const from = this.firstEndingAfter(start);
    let to = from;
    while (to < this.stretches.length && this.stretches[to].start < end) to++;
    this.stretches.splice(from, to - from, { start, end, content });
  }

  holds(start: number, end: number, content: number): boolean {
    const stretch = this.stretches[this.firstEndingAfter(start)];
    return stretch?.start === start && stretch.end === end && stretch.content === content;
  }

  private firstEndingAfter(start: number): number {
    let low = 0;
    let high = this.stretches.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.stretches[middle].end <= start) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

class Verifier {
  private readonly memory: Record<Region, Memory> = {
    weights: new Memory(),
    state: new Memory(),
    inputs: new Memory(),
    arena: new Memory(),
  };
  private readonly limits: Record<Region, number>;
  /** What a storage's memory must hold now, and where it was last written. */
  private readonly contents = new Map<Value, number>();
  private readonly places = new Map<Value, Operand>();
  private nextContent = 0;

  constructor(
    private readonly graph: Graph,
    program: Program,
  ) {
    const { weights, state, inputs, arenaBytes } = program;
    this.limits = { weights: weights.bytes, state: state.bytes, inputs: inputs.bytes, arena: arenaBytes };
    for (const value of graph.leaves.values()) {
      const { kind, name } = value.leaf!;
      const layouts = kind === "input" ? [inputs] : kind === "state" ? [state] : [weights, state];
      const place = layouts.map((layout) => layout.tensors.get(name)).find((operand) => operand !== undefined);
      if (place) this.write(value, place);
    }
  }

  /** Whether the value that `node` stores already lies in its target; then the target's content is the value's. */
  isElided(node: Node): boolean {
    const [value, target] = node.operands.map((operand) => storageOf(operand!));
    const at = this.places.get(value);
    const to = this.places.get(target);
    if (!at || at.region !== to?.region || at.offset !== to.offset || value === target) return false;
    this.contents.set(target, this.contents.get(value)!);
    return true;
  }

  /** What is wrong with `instruction` as the image of `node`, or null; then its writes have taken place. */
  step(node: Node, { op, attributes, operands }: Instruction): string | null {
    if (op !== node.op || attributes.some((value, index) => value !== node.attributes[index])) return `is ${op.name}`;
    if (operands.length !== node.operands.length + node.results.length) return "has a wrong number of operands";
    for (const [index, value] of [...node.operands, ...node.results].entries()) {
      const wrong = this.wrongOperand(value, operands[index]);
      if (wrong) return `operand ${index} ${wrong}`;
    }
    for (const [index, value] of node.operands.entries()) {
      if (value && !this.holds(storageOf(value), operands[index]!))
        return `operand ${index} was overwritten or never written`;
    }
    const mutated = mutatedBy(node);
    for (const [index, value] of node.operands.entries()) {
      if (value && mutated.includes(storageOf(value))) this.write(storageOf(value), operands[index]!);
    }
    for (const [index, value] of node.results.entries()) this.write(value, operands[node.operands.length + index]!);
    return this.wrongWrites(node, operands);
  }

  /** A mutated leaf whose memory does not hold its last content. */
  lostState(): string | null {
    for (const leaf of this.graph.leaves.values()) {
      const place = this.places.get(leaf);
      if (place && !this.holds(leaf, place)) return leaf.leaf!.name;
    }
    return null;
  }

  private wrongOperand(value: Value | null, operand: Operand | null): string | null {
    if (!value || !operand) return value || operand ? "is present on one side only" : null;
    if (operand.dtype !== value.dtype || !sameShape(operand.shape, value.shape)) return `is [${operand.shape}]`;
    if (operand.offset % alignment !== 0 || operand.offset < 0) return `is at ${operand.offset}, not aligned`;
    if (endOf(operand) > this.limits[operand.region]) return `ends outside ${operand.region}`;
    return null;
  }

  /** After the writes: every result and every operand still holds its own content, so none shares bytes with another. */
  private wrongWrites(node: Node, operands: readonly (Operand | null)[]): string | null {
    const written = new Set<Value>([...mutatedBy(node), ...node.results]);
    for (const [index, value] of [...node.operands, ...node.results].entries()) {
      if (!value) continue;
      const { region } = operands[index]!;
      if (written.has(storageOf(value)) && region !== "state" && region !== "arena") return `stores into ${region}`;
      if (!this.holds(storageOf(value), operands[index]!)) return `operand ${index} shares memory with a result`;
    }
    return null;
  }

  private write(storage: Value, place: Operand): void {
    this.contents.set(storage, this.nextContent);
    this.places.set(storage, place);
    this.memory[place.region].write(place.offset, endOf(place), this.nextContent);
    this.nextContent++;
  }

  private holds(storage: Value, place: Operand): boolean {
    const content = this.contents.get(storage);
    return content !== undefined && this.memory[place.region].holds(place.offset, endOf(place), content);
  }
}

function endOf({ offset, shape, dtype }: Operand): number {
  return offset + product(shape) * dtypeBytes[dtype];
}

function invalid(message: string, instruction: number): CounterpointError {
  return new CounterpointError("CP_PROGRAM_INVALID", message, { phase: "compile", details: { instruction } });
}
