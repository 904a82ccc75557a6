/**
 * Integer expressions over named sizes, as op definitions write them: `H*up/stride`, `ceil(T/2)`, `C % groups == 0`.
 *
 * One text serves twice: interpreted here when a graph is built, and printed as checked C++ for the native verifier.
 * `/` is exact division: a remainder is an error, not a rounding. A name that no operand binds, since those that would are
 * absent, is nothing in a sum: `I+J` is I without the operand that has J.
 */
export type Expression =
  | { kind: "number"; value: number }
  | { kind: "name"; name: string }
  | { kind: "ceil"; argument: Expression }
  | { kind: "binary"; operator: BinaryOperator; left: Expression; right: Expression };

export type BinaryOperator = "+" | "-" | "*" | "/" | "%" | "==" | "<=" | ">=";

const tokenPattern = /\s*(\d+|[A-Za-z]\w*|==|<=|>=|[-+*/%()])/y;
const precedence: readonly (readonly BinaryOperator[])[] = [
  ["==", "<=", ">="],
  ["+", "-"],
  ["*", "/", "%"],
];

/** The syntax tree of `text`. Throws `SyntaxError` on anything outside the grammar. */
export function parseExpression(text: string): Expression {
  const tokens: string[] = [];
  tokenPattern.lastIndex = 0;
  while (tokenPattern.lastIndex < text.trimEnd().length) {
    const match = tokenPattern.exec(text);
    if (!match) throw new SyntaxError(`cannot read "${text}" as a size expression`);
    tokens.push(match[1]);
  }
  let position = 0;

  const primary = (): Expression => {
    const token = tokens[position++];
    if (token === "ceil" || token === "(") {
      if (token === "ceil") position++;
      const argument = level(0);
      if (tokens[position++] !== ")") throw new SyntaxError(`missing ")" in "${text}"`);
      return token === "ceil" ? { kind: "ceil", argument } : argument;
    }
    if (token !== undefined && /^\d/.test(token)) return { kind: "number", value: Number(token) };
    if (token !== undefined && /^[A-Za-z]/.test(token)) return { kind: "name", name: token };
    throw new SyntaxError(`unexpected ${token ?? "end"} in "${text}"`);
  };

  const level = (depth: number): Expression => {
    if (depth === precedence.length) return primary();
    let left = level(depth + 1);
    while (precedence[depth].includes(tokens[position] as BinaryOperator)) {
      const operator = tokens[position++] as BinaryOperator;
      left = { kind: "binary", operator, left, right: level(depth + 1) };
    }
    return left;
  };

  const tree = level(0);
  if (position !== tokens.length) throw new SyntaxError(`unexpected ${tokens[position]} in "${text}"`);
  return tree;
}

/** Whether `sizes` has all that `tree` reads; in a sum, one of its sides. */
export function isBound(tree: Expression, sizes: ReadonlyMap<string, number>): boolean {
  if (tree.kind === "number") return true;
  if (tree.kind === "name") return sizes.has(tree.name);
  if (tree.kind === "ceil") return isBound(tree.argument, sizes);
  const [left, right] = [isBound(tree.left, sizes), isBound(tree.right, sizes)];
  return tree.operator === "+" ? left || right : left && right;
}

/** The value of `tree` with names bound by `sizes`; comparisons give 1 or 0; undefined where a division is not exact. */
export function evaluateExpression(tree: Expression, sizes: ReadonlyMap<string, number>): number | undefined {
  switch (tree.kind) {
    case "number":
      return tree.value;
    case "name": {
      const size = sizes.get(tree.name);
      if (size === undefined) throw new SyntaxError(`size "${tree.name}" is not bound by any operand`);
      return size;
    }
    case "ceil":
      return evaluateCeil(tree.argument, sizes);
    case "binary": {
      if (tree.operator === "+" && !isBound(tree.left, sizes)) return evaluateExpression(tree.right, sizes);
      if (tree.operator === "+" && !isBound(tree.right, sizes)) return evaluateExpression(tree.left, sizes);
      const left = evaluateExpression(tree.left, sizes);
      const right = evaluateExpression(tree.right, sizes);
      return left === undefined || right === undefined ? undefined : apply(tree.operator, left, right);
    }
  }
}

function evaluateCeil(argument: Expression, sizes: ReadonlyMap<string, number>): number | undefined {
  if (argument.kind !== "binary" || argument.operator !== "/") return evaluateExpression(argument, sizes);
  const left = evaluateExpression(argument.left, sizes);
  const right = evaluateExpression(argument.right, sizes);
  return left === undefined || !right ? undefined : Math.ceil(left / right);
}

function apply(operator: BinaryOperator, left: number, right: number): number | undefined {
  switch (operator) {
    case "+":
      return left + right;
    case "-":
      return left - right;
    case "*":
      return left * right;
    case "/":
      return right !== 0 && left % right === 0 ? left / right : undefined;
    case "%":
      return right !== 0 ? left % right : undefined;
    case "==":
      return left === right ? 1 : 0;
    case "<=":
      return left <= right ? 1 : 0;
    case ">=":
      return left >= right ? 1 : 0;
  }
}
