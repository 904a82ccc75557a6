/** Words that several files of native/generated have in common. */
/** The first line of every generated file. */
export const banner = "// Generated from lib/ops by `npm run generate`; never edited by hand.\n";

/** A C++ function that looks an opcode up in a `table` that is sorted by it. */
export const findFunction = `const OpEntry* findOp(uint32_t opcode) {
  const OpEntry* entry = std::lower_bound(std::begin(table), std::end(table), opcode,
                                          [](const OpEntry& op, uint32_t wanted) { return op.opcode < wanted; });
  return entry != std::end(table) && entry->opcode == opcode ? entry : nullptr;
}
`;

/** 32 bits as a literal of C++. */
export function literal(bits: number): string {
  return `0x${(bits >>> 0).toString(16).padStart(8, "0")}`;
}

/** "addMasked" as the name of a type. */
export function capital(name: string): string {
  return name[0].toUpperCase() + name.slice(1);
}
