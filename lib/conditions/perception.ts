/**
 * percept-mini (or the judge) at work: pictures to depth, instances and what the objects are.
 *
 * Runs at a fixed batch; longer lists run in several rounds, a shorter one is filled up with black pictures, and since no
 * row depends on its neighbours the numbers are the same.
 */
import { Graph } from "../graph/graph.js";
import type { Device } from "../machine/device.js";
import { type PerceptConfig, type PerceptName, perceive, perceptChannels } from "../models/percept.js";
import { decodePercept, type FoundObject, type PerceptPlanes } from "../models/percept-decode.js";
import { fromRgb8 } from "../ops/from-rgb8.js";
import { store } from "../ops/store.js";
import { Session } from "../session/session.js";
import type { TensorMap } from "../weights/safetensors.js";
import { colours, materials, shapes, sizes } from "./attributes.js";
import type { Instances } from "./instances.js";
import type { Plane } from "./plane.js";

/** What one picture shows. `objects[i]` are the pixels i + 1 of the instances' map, with places and confidences. */
export interface Sight {
  readonly depth: Plane;
  readonly instances: Instances;
  readonly objects: readonly FoundObject[];
}

const names = Object.keys(perceptChannels) as readonly PerceptName[];

export class Perception {
  private constructor(
    private readonly session: Session,
    private readonly config: PerceptConfig,
    private readonly batch: number,
  ) {}

  /** Loads the net for rounds of `batch`. Throws CP_WEIGHTS_… where `weights` does not fit `config`. */
  static async open(device: Device, config: PerceptConfig, weights: TensorMap, batch = 1): Promise<Perception> {
    const session = await Session.open({
      device,
      programs: { look: perceptionGraph(config, batch) },
      parameters: weights,
    });
    return new Perception(session, config, batch);
  }

  /** Looks at pictures of imageSize × imageSize × 3 bytes. Throws CP_CANCELLED and CP_CLOSED. */
  async look(pictures: readonly Uint8Array[], signal?: AbortSignal): Promise<Sight[]> {
    const { batch, session } = this;
    const pixels = this.config.imageSize ** 2;
    const sights: Sight[] = [];
    for (let first = 0; first < pictures.length; first += batch) {
      const round = pictures.slice(first, first + batch);
      const rgb = new Uint8Array(batch * pixels * 3);
      for (const [row, picture] of round.entries()) rgb.set(picture, row * pixels * 3);
      // Submitted in one go, so that no other caller's run comes between the run and its results.
      const run = session.run("look", { rgb }, { signal });
      const [, ...planes] = await Promise.all([run, ...names.map((name) => session.readState(name))]);
      for (const row of round.keys()) {
        // A turn of the event loop for each: making objects of planes takes milliseconds.
        await new Promise(setImmediate);
        const ofRow = names.map((name, i) => {
          const length = pixels * perceptChannels[name];
          return [name, planes[i].slice(row * length, (row + 1) * length)];
        });
        sights.push(sightOf(this.config.imageSize, Object.fromEntries(ofRow)));
      }
    }
    return sights;
  }

  async close(): Promise<void> {
    await this.session.close();
  }
}

/** The program that `Perception` runs, for `batch` pictures. */
export function perceptionGraph(config: PerceptConfig, batch: number): Graph {
  const graph = new Graph();
  const size = config.imageSize;
  const image = fromRgb8(graph, { x: graph.input("rgb", [batch, size, size, 3], "u8") });
  for (const [name, value] of Object.entries(perceive(graph, config, image))) {
    store(graph, { value, target: graph.state(name, value.shape) });
  }
  return graph;
}

function sightOf(size: number, planes: PerceptPlanes): Sight {
  const { instances: map, objects, depth } = decodePercept(size, planes);
  const square = { width: size, height: size };
  const attributes = objects.map((found) => ({
    shape: shapes[found.shape],
    colour: colours[found.colour],
    size: sizes[found.size],
    material: materials[found.material],
  }));
  return { depth: { ...square, data: depth }, instances: { ...square, map, objects: attributes }, objects };
}
