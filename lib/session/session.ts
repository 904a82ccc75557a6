/**
 * A session: a model's programs on a device, over one region of weights and one of state that they share.
 *
 * What one program stores in state the next one reads: prepare once, step many times. When sampling, parameters lie in
 * `weights`, which nothing can change; when training, in `state`.
 */
import { CounterpointError, quoted } from "../graph/error.js";
import { dtypeBytes, type Graph, type Value } from "../graph/graph.js";
import { product } from "../graph/pattern.js";
import { activationDtype, capabilities } from "../machine/capabilities.js";
import type { Device, DeviceRegion, LoadedProgram } from "../machine/device.js";
import { readNumbers, type TypedArray, typedView } from "../machine/execute.js";
import { compileAsync, type SharedLayouts } from "../passes/compile.js";
import { layoutOf } from "../passes/layout.js";
import { loweredLeaf, loweringOf } from "../passes/lower.js";
import type { Operand, Program } from "../program/program.js";
import type { TensorMap, WeightsTensor } from "../weights/safetensors.js";
import { checkParameters } from "./check-parameters.js";
import { type Comparison, compareInstructions } from "./compare.js";
import { DeviceWeights } from "./device-weights.js";
import { initialise } from "./initialise.js";
import { Lifetime } from "./lifetime.js";
import { type InstructionTime, profileInstructions } from "./profile.js";
import { checkSnapshot, checkTensor, requireTensor, writeInputs } from "./write-inputs.js";

export interface SessionOptions {
  readonly device: Device;
  /** The graphs, by the name under which they are run. Leaves of the same name are the same memory. */
  readonly programs: Readonly<Record<string, Graph>>;
  /**
   * The content of every parameter; or a seed (an integer in 0…2⁵³−1) to draw it from each leaf's `initial`; or weights
   * that are on the device already, which stay there when the session closes.
   */
  readonly parameters: ReadonlyMap<string, WeightsTensor> | { readonly seed: number } | DeviceWeights;
  /** Whether programs may change parameters. Default false. */
  readonly trainable?: boolean;
  /** Whether convolutions must round no more than direct sums do; they then take up to twice as long. Default false. */
  readonly strict?: boolean;
}

interface Entry {
  readonly loaded: LoadedProgram;
  /** The bytes of the inputs region, rewritten before each run. */
  readonly inputs: ArrayBuffer;
}

export interface SessionRunOptions {
  readonly signal?: AbortSignal;
  /** The state to run on, from `createState`; default: the session's own. */
  readonly state?: DeviceRegion;
}

export class Session {
  private readonly lifetime = new Lifetime("session");
  private own: DeviceRegion | null = null;

  private constructor(
    private readonly device: Device,
    private readonly layouts: SharedLayouts,
    private readonly weights: { readonly region: DeviceRegion; readonly shared: boolean },
    private readonly entries: ReadonlyMap<string, Entry>,
    private readonly parameters: readonly string[],
  ) {}

  /**
   * Compiles the graphs while the device takes the parameters, then loads the programs. State starts as zeros.
   *
   * Throws CP_WEIGHTS_MISSING, CP_WEIGHTS_SHAPE or CP_WEIGHTS_UNEXPECTED before anything is allocated (see
   * `checkParameters`), CP_GRAPH_INVALID where the graphs contradict each other or shared weights, CP_OOM_HOST.
   */
  static async open({ device, programs, parameters, ...options }: SessionOptions): Promise<Session> {
    const { trainable = false, strict = false } = options;
    const leaves = Object.values(programs).flatMap((graph) => [...graph.leaves.values()]);
    const declared = leaves.filter(({ leaf }) => leaf!.kind === "parameter");
    const byName = new Map<string, Value>(declared.map((value) => [value.leaf!.name, value]));
    const states = leaves.filter(({ leaf }) => leaf!.kind === "state");
    const shared = parameters instanceof DeviceWeights;
    const contents = shared
      ? null
      : "seed" in parameters
        ? await initialise(byName.values(), parameters.seed)
        : parameters;
    if (contents) checkParameters(byName, contents);
    const { kind, compute } = device.info;
    const activations = activationDtype(kind, compute);
    const lowering = loweringOf(Object.values(programs), compute, { trainable, activations });
    const lowered = (leaf: Value) => ({ ...leaf, dtype: loweredLeaf(leaf, lowering) });
    const layouts = {
      weights: shared ? parameters.layout : layoutOf("weights", trainable ? [] : declared.map(lowered)),
      state: layoutOf("state", (trainable ? [...states, ...declared] : states).map(lowered)),
    };
    const { moments, epilogues, twoSources } = capabilities[kind];
    const compileAll = async () => {
      const compiled = new Map<string, Program>();
      for (const [name, graph] of Object.entries(programs)) {
        compiled.set(name, await compileAsync(graph, layouts, { lowering, strict, moments, epilogues, twoSources }));
      }
      return compiled;
    };
    // In the order of the layout that the programs were compiled for, whatever the order they are given in.
    const inWeights: TensorMap = new Map(
      trainable || !contents ? [] : [...byName.keys()].map((name) => [name, contents.get(name)!]),
    );
    // The device takes its memory from the system meanwhile, which is half of what loading costs.
    const loading = shared ? parameters : DeviceWeights.load(device, inWeights);
    const [loaded, compiling] = await Promise.allSettled([loading, compileAll()]);
    if (loaded.status === "rejected") throw loaded.reason;
    if (compiling.status === "rejected") {
      if (!shared) loaded.value.free();
      throw compiling.reason;
    }
    const [weights, compiled] = [loaded.value, compiling.value];
    const entries = new Map<string, Entry>();
    const session = new Session(device, layouts, { region: weights.region, shared }, entries, [...byName.keys()]);
    try {
      if (trainable) for (const [name, { data }] of contents ?? []) await session.writeState(name, data);
      for (const [name, program] of compiled) {
        await new Promise(setImmediate);
        entries.set(name, { loaded: device.load(program), inputs: new ArrayBuffer(program.inputs.bytes) });
      }
      return session;
    } catch (error) {
      await session.close();
      throw error;
    }
  }

  /** Bytes of weights, one state, all programs' inputs and the largest arena. */
  get memoryBytes(): number {
    const programs = [...this.entries.values()].map(({ loaded }) => loaded.program);
    const inputs = programs.reduce((sum, program) => sum + program.inputs.bytes, 0);
    const arena = Math.max(0, ...programs.map((program) => program.arenaBytes));
    return this.weights.region.bytes + this.layouts.state.bytes + inputs + arena;
  }

  /** Another state, all zeros, for runs that must not see each other's; whoever asks for it frees it. */
  createState(): DeviceRegion {
    this.lifetime.requireOpen();
    return this.device.createRegion(this.layouts.state.bytes);
  }

  /**
   * Runs the program `name` once with all of its inputs. Resolves when it is done; runs are executed in the order of the
   * calls. `inputs` may be changed once the call returns.
   *
   * Throws CP_ARG_UNKNOWN for a program or input that is not there, CP_ARG_TYPE for one that is missing or of another
   * dtype, CP_ARG_SHAPE for one of another length, CP_CANCELLED when `signal` is raised, CP_CLOSED after `close`.
   */
  async run(
    name: string,
    inputs: Readonly<Record<string, TypedArray>>,
    { signal, state = this.ownState() }: SessionRunOptions = {},
  ): Promise<void> {
    const { loaded, inputs: bytes } = this.entry(name);
    if (signal?.aborted) throw new CounterpointError("CP_CANCELLED", `"${name}" was cancelled`, { phase: "sample" });
    writeInputs(bytes, loaded.program.inputs, inputs);
    const memory = { weights: this.weights.region, state };
    await this.lifetime.run(signal, (either) => {
      return this.device.run(loaded, memory, { inputs: new Uint8Array(bytes), signal: either });
    });
  }

  /**
   * A copy of the state leaf `name`, or of a parameter of a trainable session, after all runs submitted so far. One that
   * `loweringOf` keeps in 16 bits comes as bits.
   */
  async readState(name: string, state = this.ownState()): Promise<TypedArray> {
    return this.read(requireTensor(this.layouts.state, name, "state"), state);
  }

  /** Sets a state leaf, or a parameter of a trainable session. Throws as `run` does for inputs. */
  async writeState(name: string, data: TypedArray): Promise<void> {
    const operand = requireTensor(this.layouts.state, name, "state");
    checkTensor(name, operand, data);
    await this.lifetime.track(this.ownState().write(operand.offset, data));
  }

  /** A copy of all parameters, by name, in the order in which the graphs declare them, as the device holds them. */
  async parametersSnapshot(): Promise<TensorMap> {
    this.lifetime.requireOpen();
    return this.snapshot(this.parameters);
  }

  /** A copy of the whole state, the parameters of a trainable session included; every leaf must be f32. */
  async stateSnapshot(): Promise<TensorMap> {
    this.lifetime.requireOpen();
    return this.snapshot(this.layouts.state.tensors.keys());
  }

  /** Sets the whole state. Throws CP_CHECKPOINT_MISMATCH unless `tensors` has exactly its leaves; nothing is changed then. */
  async restoreState(tensors: TensorMap): Promise<void> {
    checkSnapshot(this.layouts.state, tensors);
    for (const [name, { data }] of tensors) await this.writeState(name, data);
  }

  /**
   * Runs the program `name` instruction by instruction on copies of the session's memory, on the device and by the
   * reference loops, up to the first disagreement: a result whose relative error is above `tolerance` (default 1e-4). The
   * session's state is left as it is. Slow. Throws as `run` does.
   */
  async compare(
    name: string,
    inputs: Readonly<Record<string, TypedArray>>,
    { tolerance = 1e-4 }: { tolerance?: number } = {},
  ): Promise<Comparison> {
    const { program } = this.entry(name).loaded;
    const bytes = new ArrayBuffer(program.inputs.bytes);
    writeInputs(bytes, program.inputs, inputs);
    const [weights, state] = [this.weights.region, this.ownState()];
    const compare = async () => {
      const memory = {
        weights: await weights.read(0, weights.bytes),
        state: await state.read(0, state.bytes),
        inputs: bytes,
        arena: new ArrayBuffer(program.arenaBytes),
      };
      return compareInstructions(this.device, program, memory, weights, tolerance);
    };
    return this.lifetime.track(compare());
  }

  /**
   * How long each instruction of the program `name` takes, alone, as the least of `repetitions` (default 5), on a state of
   * zeros. Throws as `run` does.
   */
  async profile(
    name: string,
    inputs: Readonly<Record<string, TypedArray>>,
    { repetitions = 5 }: { repetitions?: number } = {},
  ): Promise<InstructionTime[]> {
    const { program } = this.entry(name).loaded;
    const bytes = new ArrayBuffer(program.inputs.bytes);
    writeInputs(bytes, program.inputs, inputs);
    const state = this.createState();
    const memory = { weights: this.weights.region, state };
    const times = profileInstructions(this.device, program, memory, new Uint8Array(bytes), repetitions);
    return this.lifetime.track(times).finally(() => state.free());
  }

  /** Cancels what is running, then frees programs and memory; the device stays open. Idempotent. */
  async close(): Promise<void> {
    await this.lifetime.end();
    for (const { loaded } of this.entries.values()) loaded.free();
    this.own?.free();
    if (!this.weights.shared) this.weights.region.free();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Made when first needed: who gives every run a state of its own never needs it. */
  private ownState(): DeviceRegion {
    this.lifetime.requireOpen();
    this.own ??= this.device.createRegion(this.layouts.state.bytes);
    return this.own;
  }

  private async snapshot(names: Iterable<string>): Promise<TensorMap> {
    const { weights, state } = this.layouts;
    const tensors: TensorMap = new Map();
    for (const name of names) {
      const inWeights = weights.tensors.get(name);
      const operand = inWeights ?? state.tensors.get(name)!;
      const data = await this.read(operand, inWeights ? this.weights.region : this.ownState());
      const numbers =
        operand.dtype === "f32" ? data : readNumbers(data.buffer as ArrayBuffer, { ...operand, offset: 0 });
      tensors.set(name, { shape: operand.shape, data: Float32Array.from(numbers) });
    }
    return tensors;
  }

  private read({ offset, dtype, shape }: Operand, region: DeviceRegion): Promise<TypedArray> {
    const count = product(shape);
    const bytes = region.read(offset, count * dtypeBytes[dtype]);
    return this.lifetime.track(bytes.then((buffer) => typedView(buffer, dtype, 0, count)));
  }

  private entry(name: string): Entry {
    this.lifetime.requireOpen();
    const entry = this.entries.get(name);
    if (entry) return entry;
    const known = [...this.entries.keys()];
    throw new CounterpointError("CP_ARG_UNKNOWN", `no program ${quoted(name)}; there are ${known.join(", ")}`, {
      details: { name, known },
    });
  }
}
