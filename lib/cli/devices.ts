/** `counterpoint devices`: what can be computed on here, and what cannot and why. */
import type { Command } from "commander";
import { type ListedDevice, listDevices } from "../machine/list.js";
import { printJson, runCommand } from "./exit.js";

export function devicesCommand(program: Command): void {
  program
    .command("devices")
    .description("list the devices of this machine")
    .option("--json", "print one JSON value")
    .addHelpText("after", "\nExample:\n  counterpoint devices --json")
    .action((flags: { json?: boolean }) => runCommand(Boolean(flags.json), () => devices(Boolean(flags.json))));
}

async function devices(json: boolean): Promise<void> {
  const listed = await listDevices();
  if (json) {
    printJson(listed);
    return;
  }
  for (const device of listed.devices) console.log(lineOf(device));
  for (const { kind, isa, code, reason } of listed.skipped) {
    console.log(`skipped  ${[kind, isa].filter((word) => word !== "").join(" ")}: ${code}, ${reason}`);
  }
}

function lineOf({ kind, index, name, isa, threads, dtypes, memory, isDefault }: ListedDevice): string {
  const gibibytes = (bytes: number) => `${(bytes / 2 ** 30).toFixed(1)} GiB`;
  const unit = kind === "cuda" ? "multiprocessor" : "thread";
  const words = [
    index === undefined ? kind : `${kind}:${index}`,
    isa,
    name,
    `${threads} ${unit}${threads === 1 ? "" : "s"}`,
    dtypes.join(" or "),
  ];
  const free = `${gibibytes(memory.freeBytes)} of ${gibibytes(memory.totalBytes)} free`;
  return `${isDefault ? "default  " : "         "}${[...words.filter((word) => word !== ""), free].join(", ")}`;
}
