#!/usr/bin/env node
/** The command line: `counterpoint <command>`. */
import { Command } from "commander";
import { version } from "../composer/version.js";
import { composeCommand } from "./compose.js";
import { decomposeCommand } from "./decompose.js";
import { devicesCommand } from "./devices.js";
import { evaluateCommand } from "./evaluate.js";
import { failUsage } from "./exit.js";
import { trainCommand } from "./train.js";

const program = new Command("counterpoint")
  .description("Take an image apart, change parts of it, put it together again.")
  .version(version)
  .showHelpAfterError("Run it with --help for its flags and an example.")
  .exitOverride();
for (const add of [decomposeCommand, composeCommand, trainCommand, evaluateCommand, devicesCommand]) add(program);
await program.parseAsync().catch((error) => failUsage(error, process.argv.includes("--json")));
