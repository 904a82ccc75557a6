/** Finds and loads the native addon, and says what it exports. The only place that knows of the file. */
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { CounterpointError } from "../graph/error.js";

/** Handles are opaque; everything else is checked natively, so that a wrong call throws and never crashes. */
export interface Addon {
  Device: {
    new (kind: "cpu", threads: number, isa: string): NativeDeviceHandle;
    new (kind: "cuda", index: number, library: string): NativeDeviceHandle;
  };
  Region: new (device: NativeDeviceHandle, bytes: number) => NativeHandle;
  Program: new (device: NativeDeviceHandle, encoded: Uint8Array) => NativeHandle;
  SceneRenderer: new () => NativeSceneRenderer;
}

export interface NativeHandle {
  free(): void;
}

/** See native/machine/device.h. */
export interface NativeFacts {
  readonly name: string;
  readonly isa: string;
  readonly threads: number;
  readonly totalBytes: number;
  readonly freeBytes: number;
}

export interface NativeDeviceHandle {
  info(): NativeFacts;
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

let loaded: { readonly addon: Addon; readonly path: string } | null = null;

/**
 * The addon: the file that COUNTERPOINT_BINARY names, else the package's own build.
 *
 * Throws CP_NATIVE_LOAD; `details.tried` lists every path with what was wrong there.
 */
export function loadAddon(): Addon {
  loaded ??= loadFirst(candidates());
  return loaded.addon;
}

/** Where the addon lies. Throws as `loadAddon` does. */
export function addonFolder(): string {
  loaded ??= loadFirst(candidates());
  return dirname(loaded.path);
}

function candidates(): string[] {
  const chosen = process.env.COUNTERPOINT_BINARY;
  if (chosen) return [chosen];
  return ["Release", "Debug"].map((build) =>
    fileURLToPath(new URL(`../../../build/${build}/counterpoint.node`, import.meta.url)),
  );
}

function loadFirst(paths: readonly string[]): { addon: Addon; path: string } {
  const require = createRequire(import.meta.url);
  const tried: { path: string; reason: string }[] = [];
  for (const path of paths) {
    if (!existsSync(path)) {
      tried.push({ path, reason: "no such file" });
      continue;
    }
    try {
      return { addon: require(path) as Addon, path };
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
