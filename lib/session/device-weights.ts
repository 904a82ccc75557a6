/** Parameters in an immutable region of a device, once for any number of sessions, and so their packings once too. */
import { dtypeBytes, Graph } from "../graph/graph.js";
import type { Device, DeviceRegion } from "../machine/device.js";
import { elementsOf } from "../machine/execute.js";
import { layoutOf } from "../passes/layout.js";
import { weightDtype } from "../passes/lower.js";
import type { Layout } from "../program/program.js";
import type { WeightsTensor } from "../weights/safetensors.js";

/** How long the event loop may be held. */
const sliceMs = 10;
/** What is copied at once: more than that would be fresh memory each time, which costs more than the copy. */
const pieceFloats = 2 ** 20;

export class DeviceWeights {
  private constructor(
    readonly layout: Layout,
    readonly region: DeviceRegion,
  ) {}

  /**
   * Copies `parameters` to `device`, in their order, those of two or more dimensions in the dtype it computes in: converted
   * here, once, for all programs. The event loop stays free.
   */
  static async load(device: Device, parameters: ReadonlyMap<string, WeightsTensor>): Promise<DeviceWeights> {
    const declared = new Graph();
    const leaves = [...parameters].map(([name, { shape }]) =>
      declared.parameter(name, shape, undefined, weightDtype(shape, device.info.compute)),
    );
    const layout = layoutOf("weights", leaves);
    const region = device.createRegion(layout.bytes);
    try {
      let sliceStart = performance.now();
      for (const [name, { data }] of parameters) {
        const { offset, dtype } = layout.tensors.get(name)!;
        for (let first = 0; first < data.length; first += pieceFloats) {
          const piece = data.subarray(first, first + pieceFloats);
          await region.write(offset + dtypeBytes[dtype] * first, elementsOf(dtype, piece));
          // A device that is quick settles hundreds of writes within one turn of the event loop.
          if (performance.now() - sliceStart < sliceMs) continue;
          await new Promise(setImmediate);
          sliceStart = performance.now();
        }
      }
    } catch (error) {
      region.free();
      throw error;
    }
    return new DeviceWeights(layout, region);
  }

  /** Frees the memory; the sessions that use it are closed first. Idempotent. */
  free(): void {
    this.region.free();
  }
}
