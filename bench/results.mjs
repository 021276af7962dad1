// bench/RESULTS.md is made of sections, each written by the script that measured it, between two markers:
//   <!-- begin NAME -->  …  <!-- end NAME -->
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { cpus, release } from "node:os";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const resultsFile = fileURLToPath(new URL("RESULTS.md", import.meta.url));
const preface = `# Results

Each section is written by the script that measured it; what stands between its markers is replaced by the next run.
`;

/** The text with the section `name` set to `body`; other sections and everything around them stay. */
export function withSection(text, name, body) {
  if (!/^[a-z][a-z0-9-]*$/.test(name)) throw new Error(`no name of a section: ${name}`);
  const [begin, end] = [`<!-- begin ${name} -->`, `<!-- end ${name} -->`];
  const section = `${begin}\n\n${body.trim()}\n\n${end}`;
  const from = text.indexOf(begin);
  if (from < 0) return `${text.trimEnd()}\n\n${section}\n`;
  const to = text.indexOf(end, from);
  if (to < 0) throw new Error(`section ${name} has no end`);
  return text.slice(0, from) + section + text.slice(to + end.length);
}

/** Writes one section of bench/RESULTS.md, which is made where it is not there yet. */
export function writeSection(name, body, file = resultsFile) {
  const text = existsSync(file) ? readFileSync(file, "utf8") : preface;
  writeFileSync(file, withSection(text, name, body));
}

/** One line on where and when it was measured: processor, kernel, Node, date, commit. */
export function provenance() {
  const { model } = cpus()[0];
  const processor = `${model.trim()}, ${cpus().length} CPUs`;
  const node = `Node ${process.versions.node} (V8 ${process.versions.v8})`;
  return `${processor}; Linux ${release()}; ${node}; ${today()}; commit ${commit()}.`;
}

/** UTC, YYYY-MM-DD. */
export function today() {
  return new Date().toISOString().slice(0, 10);
}

/** The commit of the tree, with a plus where something of the program was changed since; `unknown` without git. */
export function commit() {
  try {
    const git = (...words) =>
      execFileSync("git", ["-C", root, ...words], { encoding: "utf8", stdio: "pipe" }).trim();
    const changed = git("status", "--porcelain", "--untracked-files=no", "assembly", "host", "bench/native");
    return git("rev-parse", "--short", "HEAD") + (changed === "" ? "" : "+");
  } catch {
    return "unknown";
  }
}

/** A Markdown table; the first column is text, the others are aligned to the right. */
export function table(head, rows) {
  const line = (cells) => `| ${cells.join(" | ")} |`;
  const rule = head.map((_, index) => (index === 0 ? "---" : "--:"));
  return [line(head), line(rule), ...rows.map(line)].join("\n");
}
