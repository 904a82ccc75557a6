/**
 * Writes native/generated from lib/ops: `ops.h`, a struct and the CPU kernels' declarations for every op; `decode.cc`,
 * the check of every instruction's operands and the table from opcode to CPU kernel; `cuda-ops.h` and `cuda-ops.cc`, the
 * same declarations and table for CUDA, where an op has a kernel once a file of cuda/ defines it.
 *
 * Run by `npm run generate`. The words the generated checks are written in stand in native/machine/shape-check.h.
 */
import { mkdir, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { type Expression, parseExpression } from "../graph/expression.js";
import {
  type AttributeSpec,
  type OpDefinition,
  type OperandSpec,
  opcode,
  type ResultSpec,
  signature,
} from "../graph/op.js";
import { parsePattern, type Word } from "../graph/pattern.js";
import { generateCudaSources } from "./generate-cuda.js";
import { banner, capital, findFunction, literal } from "./generated-text.js";
import { isas } from "./isa.js";
import { interfaceHash, loadOps } from "./op-table.js";

/** What the compiler calls an architecture. */
const macros: Record<keyof typeof isas, string> = { x64: "__x86_64__", arm64: "__aarch64__" };

/** A text for each architecture, of which the compiler takes its own. */
function byArchitecture(text: (names: readonly string[]) => string): string {
  const branches = Object.entries(isas).map(([architecture, names]) => {
    return `defined(${macros[architecture as keyof typeof isas]})\n${text(names)}`;
  });
  return `#if ${branches.join("#elif ")}#endif\n`;
}

/** The texts of native/generated, by file name. */
export function generateSources(ops: readonly OpDefinition[]): Record<string, string> {
  return {
    "ops.h": opsHeader(ops),
    "decode.cc": decodeSource(ops),
    ...generateCudaSources(ops),
  };
}

function opsHeader(ops: readonly OpDefinition[]): string {
  const kernels = ops.map((op) => `  void ${op.name}(const ${capital(op.name)}& op, Context& context); \\\n`).join("");
  return `${banner}#pragma once
#include "machine/context.h"

namespace counterpoint {

// The instruction sets that kernels are compiled for here, the best one first; an index of OpEntry::run.
${byArchitecture((names) => {
  const list = names.map((name) => `"${name}"`).join(", ");
  return `enum class Isa : uint8_t { ${names.join(", ")} };\nconstexpr const char* isaNames[] = {${list}};\n`;
})}constexpr int isaCount = sizeof(isaNames) / sizeof(*isaNames);

// Of the interfaces of all ops: parts of a build that differ in it do not fit together.
constexpr uint32_t interfaceHash = ${literal(interfaceHash(ops))};

${ops.map(opStruct).join("\n")}
#define COUNTERPOINT_KERNELS(isa) \\
  namespace isa { \\
${kernels}  }

${byArchitecture((names) => names.map((isa) => `COUNTERPOINT_KERNELS(${isa})\n`).join(""))}
#undef COUNTERPOINT_KERNELS

}  // namespace counterpoint
`;
}

function opStruct(op: OpDefinition): string {
  const type = capital(op.name);
  const attributes = Object.entries(op.attributes);
  const enums = attributes.flatMap(([name, spec]) =>
    spec.kind === "choice" ? [`enum class ${type}${capital(name)} : int { ${spec.values.join(", ")} };\n`] : [],
  );
  const fields = [Object.keys(op.operands), Object.keys(op.results)].flatMap((names) =>
    names.length > 0 ? [`  Tensor ${names.join(", ")};\n`] : [],
  );
  fields.push(...attributes.map(([name, spec]) => `  ${attributeType(type, name, spec)} ${name};\n`));
  return `${enums.join("")}struct ${type} {\n${fields.join("")}${fromFunction(op)}};\n`;
}

function attributeType(type: string, name: string, spec: AttributeSpec): string {
  return { int: "int64_t", float: "double", choice: type + capital(name) }[spec.kind];
}

function decodeSource(ops: readonly OpDefinition[]): string {
  const rows = [...ops].sort((a, b) => opcode(a) - opcode(b)).map(tableRow);
  return `${banner}#include "generated/ops.h"

#include <algorithm>
#include <array>

#include "machine/op-table.h"
#include "machine/shape-check.h"

namespace counterpoint {
namespace {

template <class Op, void (*kernel)(const Op&, Context&)>
void run(const Tensor* tensors, const double* attributes, Context& context) {
  kernel(Op::from(tensors, attributes), context);
}

${ops.map((op) => `// ${signature(op).replace(/ where $/, "")}\n${checkFunction(op)}`).join("\n")}
${byArchitecture((names) => {
  return `#define RUN(type, kernel) {${names.map((isa) => `run<type, ${isa}::kernel>`).join(", ")}}\n`;
})}
const OpEntry table[] = {
${rows.join("")}};

#undef RUN

}  // namespace

${findFunction}
}  // namespace counterpoint
`;
}

function tableRow(op: OpDefinition): string {
  const type = capital(op.name);
  const tensors = Object.keys(op.operands).length + Object.keys(op.results).length;
  const counts = `${tensors}, ${Object.keys(op.attributes).length}`;
  return `    {${literal(opcode(op))}, "${op.name}", ${counts}, check${type}, RUN(${type}, ${op.name})},\n`;
}

/** From an instruction's tensors and attributes to the op's struct. */
function fromFunction(op: OpDefinition): string {
  const type = capital(op.name);
  const tensors = [...Object.keys(op.operands), ...Object.keys(op.results)].map((_, index) => `t[${index}]`);
  const attributes = Object.entries(op.attributes).map(([name, spec], index) => {
    if (spec.kind === "choice") return `static_cast<${attributeType(type, name, spec)}>(static_cast<int>(a[${index}]))`;
    return spec.kind === "int" ? `static_cast<int64_t>(a[${index}])` : `a[${index}]`;
  });
  const values = [...tensors, ...attributes].join(", ");
  return `  static ${type} from(const Tensor* t, const double* a) { return {${values}}; }\n`;
}

function checkFunction(op: OpDefinition): string {
  const integers = Object.entries(op.attributes).filter(([, spec]) => spec.kind === "int");
  const attributeNames = new Set(integers.map(([name]) => name));
  const used = namesUsed(op);
  const sizes = boundSizes(op).filter((name) => !attributeNames.has(name));
  const lines = sizes.length > 0 ? [`Size ${sizes.join(", ")};`] : [];
  for (const [name, spec] of Object.entries(op.attributes)) lines.push(attributeLine(op, name, spec, used));
  for (const [name, spec] of Object.entries(op.operands)) {
    const verb = spec.mutates ? "mutated" : spec.optional ? "optional" : "operand";
    lines.push(
      `check.${verb}("${name}", ${dtypeName(op, spec.dtype)}, {${bindWords(spec, attributeNames).join(", ")}});`,
    );
  }
  if (used.has("rows")) lines.push("const Size rows = check.rows();");
  for (const [index, [name, spec]] of Object.entries(op.operands).entries()) {
    if (!bindWords(spec, attributeNames).includes("any")) continue;
    const words = parsePattern(spec.shape).map(wordText).join(", ");
    lines.push(`check.expect(${index}, "${name}", {${words}});`);
  }
  for (const text of op.where) lines.push(`check.where("${text}", ${expressionText(parseExpression(text))});`);
  for (const [name, spec] of Object.entries(op.results)) {
    const words = parsePattern(spec.shape).map(wordText).join(", ");
    lines.push(`check.result("${name}", ${dtypeName(op, spec.dtype)}, {${words}});`);
  }
  return `void check${capital(op.name)}(ShapeCheck& check) {\n${lines.map((line) => `  ${line}\n`).join("")}}\n`;
}

function attributeLine(op: OpDefinition, name: string, spec: AttributeSpec, used: ReadonlySet<string>): string {
  if (spec.kind === "float") return `check.real("${name}");`;
  if (spec.kind === "choice") {
    const check = `check.choice("${name}", ${spec.values.length})`;
    const isDtype = Object.values(op.results).some(({ dtype }) => (dtype as { choice?: string })?.choice === name);
    if (!isDtype) return `${check};`;
    return `const Dtype ${name} = std::array{${spec.values.map((value) => `Dtype::${value}`).join(", ")}}[${check}];`;
  }
  return `${used.has(name) ? `const Size ${name} = ` : ""}check.integer("${name}");`;
}

/** The names that the operands' patterns bind, in the order of their appearance. */
function boundSizes(op: OpDefinition): string[] {
  const words = Object.values(op.operands).flatMap((spec) => parsePattern(spec.shape));
  return [...new Set(words.flatMap((word) => (word.kind === "size" ? [word.name] : [])))];
}

/** The names that the check's expressions read. */
function namesUsed(op: OpDefinition): Set<string> {
  const names = new Set<string>();
  const visit = (tree: Expression): void => {
    if (tree.kind === "name") names.add(tree.name);
    else if (tree.kind === "ceil") visit(tree.argument);
    else if (tree.kind === "binary") [tree.left, tree.right].forEach(visit);
  };
  for (const spec of [...Object.values(op.operands), ...Object.values(op.results)]) {
    for (const word of parsePattern(spec.shape)) {
      if (word.kind === "size") names.add(word.name);
      else if (word.kind === "expression") visit(word.tree);
    }
  }
  for (const text of op.where) visit(parseExpression(text));
  return names;
}

/** The first look at an operand: names are bound and numbers compared; other expressions wait for every name. */
function bindWords(spec: OperandSpec, attributeNames: ReadonlySet<string>): string[] {
  return parsePattern(spec.shape).map((word) => {
    if (word.kind === "rest") return "rest";
    if (word.kind === "expression") return word.tree.kind === "number" ? wordText(word) : "any";
    return attributeNames.has(word.name) ? word.name : `&${word.name}`;
  });
}

function wordText(word: Word): string {
  if (word.kind === "rest") return "rest";
  return word.kind === "size" ? word.name : expressionText(word.tree);
}

const levels: Record<string, number> = { "==": 0, "<=": 0, ">=": 0, "+": 1, "-": 1, "*": 2, "/": 2, "%": 2 };

/** `tree` as C++ over `Size`, whose operators are checked. */
function expressionText(tree: Expression, level = 0): string {
  if (tree.kind === "number") return `Size(${tree.value})`;
  if (tree.kind === "name") return tree.name;
  if (tree.kind === "ceil") {
    const { argument } = tree;
    if (argument.kind !== "binary" || argument.operator !== "/") return expressionText(argument, level);
    return `ceilDivide(${expressionText(argument.left)}, ${expressionText(argument.right)})`;
  }
  const own = levels[tree.operator];
  const text = `${expressionText(tree.left, own)} ${tree.operator} ${expressionText(tree.right, own + 1)}`;
  return own < level ? `(${text})` : text;
}

function dtypeName(op: OpDefinition, dtype: OperandSpec["dtype"] | ResultSpec["dtype"]): string {
  if (dtype === undefined) return "storage";
  if (typeof dtype !== "object") return dtype === "real" ? "anyReal" : dtype === "weight" ? dtype : `Dtype::${dtype}`;
  return "choice" in dtype ? dtype.choice : `check.dtypeOf(${Object.keys(op.operands).indexOf(dtype.of)})`;
}

async function main(): Promise<void> {
  const folder = new URL("../../../native/generated/", import.meta.url);
  await mkdir(folder, { recursive: true });
  for (const [file, text] of Object.entries(generateSources(await loadOps()))) {
    await writeFile(new URL(file, folder), text);
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main();
