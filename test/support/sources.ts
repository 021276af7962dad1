import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize, relative } from "node:path";
import { fileURLToPath } from "node:url";

/** The project's folder. */
export const root = fileURLToPath(new URL("../..", import.meta.url));

const ignored = new Set(["node_modules", "build", "coverage", ".git", ".tmp"]);

export interface Import {
  /** From the project's folder, or the package's name as it stands. */
  readonly target: string;
  /** Nothing of it is there at run time. */
  readonly isTypeOnly: boolean;
  /** What is named between braces, values only; `*` where all is taken. */
  readonly names: readonly string[];
}

export interface FunctionSpan {
  readonly name: string;
  /** The first line, from 1 on. */
  readonly line: number;
  readonly length: number;
}

/** Every file below `folder` that the project keeps, from the project's folder on, in alphabetical order. */
export function filesBelow(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .filter((path) => !path.split("/").some((part) => ignored.has(part)))
    .sort();
}

export function read(path: string): string {
  return readFileSync(join(root, path), "utf8");
}

/** What a source imports or exports from elsewhere, dynamically too. */
export function importsOf(path: string, text: string): Import[] {
  const plain = withoutComments(text);
  const statements =
    /^(?:import|export)\s+(type\s+)?(\{[^}]*\}|\*(?:\s+as\s+\w+)?|[\w$]+(?:\s*,\s*\{[^}]*\})?)\s+from\s+"([^"]+)"/gm;
  const found: Import[] = [];
  for (const [, type, names, specifier] of plain.matchAll(statements)) {
    const listed = names.startsWith("{") ? names.slice(1, -1).split(",") : [names];
    const values = listed
      .map((name) => name.trim())
      .filter((name) => name !== "" && !name.startsWith("type "));
    const isTypeOnly = type !== undefined || values.length === 0;
    found.push({ target: resolve(path, specifier), isTypeOnly, names: isTypeOnly ? [] : values });
  }
  for (const [, specifier] of plain.matchAll(/(?:^import|\bimport\(|new URL\()\s*"([^"]+)"/gm)) {
    if (/^node:|^\w|\.ts$/.test(specifier))
      found.push({ target: resolve(path, specifier), isTypeOnly: false, names: ["*"] });
  }
  return found;
}

/** The lines of a source with neither comments nor the contents of strings; every line keeps its number. */
export function codeOf(text: string): string[] {
  return blank(text, (token) => (token.startsWith("/") ? "" : `${token[0]}${token.at(-1)}`)).split("\n");
}

/** Whether a source has something that runs, rather than types and what others export alone. */
export function hasCode(text: string): boolean {
  return codeOf(text).some((line) =>
    /^(?:export )?(?:async )?(?:const|let|function|class|abstract|enum)\b|^(?:await |void )?[a-z]\w*[.(]/.test(
      line,
    ),
  );
}

/** The functions and methods of a formatted source, by their first and last lines; inner ones count to the outer. */
export function functionsOf(text: string): FunctionSpan[] {
  const lines = text.split("\n");
  const head =
    /^(?:(?:export )?(?:async )?function\*? (\w+)|(?:export )?const (\w+) = .*=> [{(]$| {2}(?!(?:if|for|while|switch|catch|return)\b)(?:(?:private|protected|static|async|override|get|set) )*\*?(\w+)(?:<.*>)?\((?!.*;$))/;
  const spans: FunctionSpan[] = [];
  for (const [index, line] of lines.entries()) {
    const match = head.exec(line);
    const name = match?.[1] ?? match?.[2] ?? match?.[3];
    if (name === undefined) continue;
    const end = match?.[3] === undefined ? /^(?:\}|\)?;|\);)/ : /^ {2}(?:\}|\).*;$)/;
    const after = lines.slice(index + 1).findIndex((candidate) => end.test(candidate));
    // A method that "ends" in a semicolon is a call or a signature.
    const isMethod = match?.[3] !== undefined;
    const length = after < 0 || (isMethod && lines[index + 1 + after].endsWith(";")) ? 0 : after + 2;
    if (length > 1) spans.push({ name, line: index + 1, length });
  }
  return spans;
}

function withoutComments(text: string): string {
  return blank(text, (token) => (token.startsWith("/") ? "" : token));
}

/** Replaces every string and comment, and keeps its line ends. */
function blank(text: string, replace: (token: string) => string): string {
  const tokens = /"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`|\/\/.*|\/\*[\s\S]*?\*\//g;
  return text.replace(tokens, (token) => {
    const replaced = replace(token);
    return replaced === token ? token : replaced + token.replace(/[^\n]/g, "");
  });
}

function resolve(path: string, specifier: string): string {
  return specifier.startsWith(".") ? normalize(join(dirname(path), specifier)) : specifier;
}
