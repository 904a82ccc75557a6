/** Finds and loads the native addon, and says what it exports. The only place that knows of the file. */
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { CounterpointError } from "../graph/error.js";

/** Handles are opaque; everything else is checked natively, so that a wrong call throws and never crashes. */
export interface Addon {
  CpuDevice: new (threads: number, isa: string) => NativeCpuDevice;
  Region: new (device: NativeCpuDevice, bytes: number) => NativeHandle;
  Program: new (device: NativeCpuDevice, encoded: Uint8Array) => NativeHandle;
  SceneRenderer: new () => NativeSceneRenderer;
}

export interface NativeHandle {
  free(): void;
}

export interface NativeCpuDevice {
  info(): { threads: number; isa: string };
  /** `ticket` names the run for `cancel`. */
  run(
    program: NativeHandle,
    weights: NativeHandle,
    state: NativeHandle,
    inputs: Uint8Array,
    ticket: number,
  ): Promise<void>;
  cancel(ticket: number): void;
  write(region: NativeHandle, offset: number, data: Uint8Array): Promise<void>;
  read(region: NativeHandle, offset: number, bytes: number): Promise<ArrayBuffer>;
  close(): Promise<void>;
}

/** See native/binding/scenes.h; `count` scenes of `size` x `size` pixels. */
export interface NativeSceneRenderer {
  render(
    descriptions: Float32Array,
    count: number,
    size: number,
  ): Promise<{ rgb: Uint8Array; instances: Uint8Array; depth: Float32Array }>;
  close(): void;
}

let loaded: Addon | null = null;

/**
 * The addon: the file that COUNTERPOINT_BINARY names, else the package's own build.
 *
 * Throws CP_NATIVE_LOAD; `details.tried` lists every path with what was wrong there.
 */
export function loadAddon(): Addon {
  loaded ??= loadFirst(candidates());
  return loaded;
}

function candidates(): string[] {
  const chosen = process.env.COUNTERPOINT_BINARY;
  if (chosen) return [chosen];
  return ["Release", "Debug"].map((build) =>
    fileURLToPath(new URL(`../../../build/${build}/counterpoint.node`, import.meta.url)),
  );
}

function loadFirst(paths: readonly string[]): Addon {
  const require = createRequire(import.meta.url);
  const tried: { path: string; reason: string }[] = [];
  for (const path of paths) {
    if (!existsSync(path)) {
      tried.push({ path, reason: "no such file" });
      continue;
    }
    try {
      return require(path) as Addon;
    } catch (cause) {
      tried.push({ path, reason: cause instanceof Error ? cause.message : String(cause) });
    }
  }
  const list = tried.map(({ path, reason }) => `  ${path}: ${reason}`).join("\n");
  throw new CounterpointError(
    "CP_NATIVE_LOAD",
    `cannot load the native addon; build it with "npm run build:native". Tried:\n${list}`,
    { phase: "env", details: { tried, platform: process.platform, arch: process.arch } },
  );
}
