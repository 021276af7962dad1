// What can be changed in a source of the core: every mutant is one piece of text in place of another. The sources are
// read with AssemblyScript's own parser, so what is changed is an expression or a statement, never a type or a comment.
import { createHash } from "node:crypto";
import assemblyscript from "assemblyscript";

const { NodeKind, LiteralKind } = assemblyscript;

/** An operator and what stands in its place. */
const instead = {
  "<": ["<=", ">="],
  "<=": ["<", ">"],
  ">": [">=", "<="],
  ">=": [">", "<"],
  "==": ["!="],
  "!=": ["=="],
  "+": ["-"],
  "-": ["+"],
  "*": ["/"],
  "/": ["*"],
  "%": ["*"],
  "<<": [">>"],
  ">>": ["<<"],
  "&": ["|"],
  "|": ["&"],
  "^": ["|"],
  "+=": ["-="],
  "-=": ["+="],
  "|=": ["&="],
  "&=": ["|="],
  "^=": ["|="],
  "<<=": [">>="],
  ">>=": ["<<="],
};
const relations = ["<", "<=", ">", ">=", "==", "!="];
const numbers = ["i32", "u32", "i64", "u64", "usize", "u8", "u16"];

/**
 * @typedef {object} Mutant
 * @property {string} key      stays the same while the file does
 * @property {string} file
 * @property {number} line
 * @property {string} rule     the kind of the change
 * @property {number} start    where the original begins in the file
 * @property {number} end
 * @property {string} original
 * @property {string} replacement
 */

/**
 * All mutants of the given files, in the order of the text. `sources` are the texts of all files of the core by path:
 * functions and enums of any of them are known.
 * @returns {Mutant[]}
 */
export function mutantsOf(files, sources) {
  const trees = new Map([...sources].map(([path, text]) => [path, parse(path, text)]));
  const known = knownIn([...trees.values()]);
  return files.flatMap((file) => {
    const found = new Map();
    const text = sources.get(file);
    const add = (rule, start, end, replacement) => {
      const original = text.slice(start, end);
      if (original === replacement) return;
      const id = `${start} ${end} ${replacement}`;
      const key = createHash("sha1").update(`${file} ${id} ${text}`).digest("hex").slice(0, 12);
      const line = text.slice(0, start).split("\n").length;
      if (!found.has(id)) found.set(id, { key, file, line, rule, start, end, original, replacement });
    };
    for (const statement of trees.get(file).statements) visit(statement, { text, add, known, returns: "" });
    return [...found.values()].sort((a, b) => a.start - b.start || a.end - b.end);
  });
}

/** The file's text with the mutant in it. */
export function mutate(text, { start, end, replacement }) {
  return text.slice(0, start) + replacement + text.slice(end);
}

function parse(path, text) {
  const program = assemblyscript.newProgram(assemblyscript.newOptions());
  assemblyscript.parse(program, text, path, true);
  const source = program.sources.at(-1);
  if (program.diagnostics.length > 0) throw new Error(`${path}: ${program.diagnostics[0].message}`);
  return source;
}

/** The parameters' types of every function, and the members of every enum. */
function knownIn(trees) {
  const functions = new Map();
  const enums = new Map();
  for (const statement of trees.flatMap((tree) => tree.statements)) {
    if (statement.kind === NodeKind.FunctionDeclaration) {
      functions.set(
        statement.name.text,
        statement.signature.parameters.map(({ type }) => rangeText(type)),
      );
    } else if (statement.kind === NodeKind.EnumDeclaration) {
      enums.set(
        statement.name.text,
        statement.values.map(({ name }) => name.text),
      );
    }
  }
  return { functions, enums };
}

function visit(node, context) {
  const changes = rules[node.kind];
  if (changes === null || isCompileTimeCheck(node)) return;
  let inner = context;
  if (node.kind === NodeKind.FunctionDeclaration) {
    inner = { ...context, returns: rangeText(node.signature.returnType) };
  }
  changes?.(node, inner);
  for (const child of childrenOf(node)) visit(child, inner);
}

function childrenOf(node) {
  if (node.kind === NodeKind.FunctionDeclaration) return [node.body];
  return Object.entries(node)
    .filter(
      ([name]) => !["range", "type", "toType", "signature", "returnType", "typeArguments"].includes(name),
    )
    .flatMap(([, value]) => value)
    .filter((value) => value?.range !== undefined && value.kind !== undefined);
}

const rules = {
  [NodeKind.Import]: null,
  [NodeKind.Export]: null,
  [NodeKind.Binary]: binary,
  [NodeKind.UnaryPrefix]: prefixed,
  [NodeKind.UnaryPostfix]: postfixed,
  [NodeKind.Literal]: literal,
  [NodeKind.True]: (node, { add }) => add("value", node.range.start, node.range.end, "false"),
  [NodeKind.False]: (node, { add }) => add("value", node.range.start, node.range.end, "true"),
  [NodeKind.If]: (node, context) => condition(node.condition, context, ["true", "false"]),
  [NodeKind.Ternary]: (node, context) => condition(node.condition, context, ["true", "false"]),
  [NodeKind.While]: (node, context) => condition(node.condition, context, ["false"]),
  [NodeKind.For]: (node, context) => {
    if (node.condition !== null) condition(node.condition, context, ["false"]);
  },
  [NodeKind.Expression]: removed,
  [NodeKind.Break]: removed,
  [NodeKind.Continue]: removed,
  [NodeKind.Return]: returned,
  [NodeKind.Call]: called,
  [NodeKind.PropertyAccess]: named,
};

function binary(node, { text, add }) {
  const { start, end } = operatorBetween(text, node.left.range.end, node.right.range.start);
  const operator = text.slice(start, end);
  if (operator === "&&" || operator === "||") {
    add("condition", start, end, operator === "&&" ? "||" : "&&");
    add("condition", node.range.start, node.range.end, rangeText(node.left));
    add("condition", node.range.start, node.range.end, rangeText(node.right));
  }
  for (const other of instead[operator] ?? []) {
    add(relations.includes(operator) ? "relation" : "operator", start, end, other);
  }
}

function prefixed(node, { text, add }) {
  const operator = text.slice(node.range.start, node.operand.range.start).trim();
  if (operator === "++" || operator === "--") step(add, node.range.start, operator);
  else add("operator", node.range.start, node.operand.range.start, "");
}

function postfixed(node, { text, add }) {
  const start = node.range.end - 2;
  step(add, start, text.slice(start, node.range.end));
}

function step(add, start, operator) {
  add("operator", start, start + 2, operator === "++" ? "--" : "++");
}

/** A whole number becomes the next and the one before. */
function literal(node, { text, add }) {
  if (node.literalKind !== LiteralKind.Integer) return;
  const { start, end } = node.range;
  const digits = text.slice(start, end).replaceAll("_", "");
  const value = BigInt(digits);
  const written = (number) => (digits.startsWith("0x") ? `0x${number.toString(16)}` : String(number));
  add("constant", start, end, written(value + 1n));
  if (value > 0n) add("constant", start, end, written(value - 1n));
}

function condition(node, { add }, values) {
  for (const value of values) add("condition", node.range.start, node.range.end, value);
}

/** Without the statement: a call that is not made, a value that is not stored. */
function removed(node, { text, add }) {
  const { start, end } = wholeStatement(text, node);
  add("removed", start, end, "{}");
}

function returned(node, context) {
  const { add, returns, text } = context;
  if (node.value === null) {
    removed(node, context);
    return;
  }
  const { start, end } = node.value.range;
  if (returns === "bool") {
    add("returned", start, end, "true");
    add("returned", start, end, "false");
  } else if (numbers.includes(returns)) {
    add("returned", start, end, "0");
    add("returned", start, end, `(${text.slice(start, end)}) + 1`);
  } else if (returns.endsWith("| null")) {
    add("returned", start, end, "null");
  }
}

/** Two neighbouring arguments of one type change places. */
function called(node, { add, known, text }) {
  const types = known.functions.get(rangeText(node.expression).split(".").at(-1));
  for (let at = 0; types !== undefined && at + 1 < node.args.length; at++) {
    const [one, other] = [node.args[at].range, node.args[at + 1].range];
    if (types[at] !== types[at + 1]) continue;
    const between = text.slice(one.end, other.start);
    const swapped = text.slice(other.start, other.end) + between + text.slice(one.start, one.end);
    add("swapped", one.start, other.end, swapped);
  }
}

/** The next member of the enum in place of a member. */
function named(node, { add, known }) {
  const members = known.enums.get(rangeText(node.expression));
  if (members === undefined) return;
  const { start, end } = node.property.range;
  const next = members[(members.indexOf(node.property.text) + 1) % members.length];
  add("member", start, end, next);
}

/** `if (…) ERROR(…)` runs in the compiler. */
function isCompileTimeCheck(node) {
  return node.kind === NodeKind.If && rangeText(node.ifTrue).startsWith("ERROR(");
}

function operatorBetween(text, from, to) {
  const between = text.slice(from, to);
  const found = /[^\s()]+/.exec(between);
  if (found === null) throw new Error(`no operator in ${JSON.stringify(between)}`);
  return { start: from + found.index, end: from + found.index + found[0].length };
}

/** A statement's range with the semicolon behind it. */
function wholeStatement(text, node) {
  const { start, end } = node.range;
  const rest = /^\s*;/.exec(text.slice(end));
  return { start, end: rest === null ? end : end + rest[0].length };
}

function rangeText({ range }) {
  return range.source.text.slice(range.start, range.end);
}
