// Writes build/abi.json from the compiled core. With --docs it also renews the tables in docs/ABI.md; with --check it
// writes nothing and fails when those tables are stale.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { readConstants, readEnums, readFunctions, readMemoryMap, readRecords } from "./abi-source.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const read = (path) => readFileSync(join(root, path), "utf8");
const abi = await import(new URL("../build/assembly/abi.js", import.meta.url).href);
const description = describe();

if (process.argv.includes("--check")) {
  if (renewed() !== read("docs/ABI.md")) {
    process.stderr.write("docs/ABI.md is stale: run node scripts/generate-abi.mjs --docs\n");
    process.exitCode = 1;
  }
} else {
  writeFileSync(join(root, "build/abi.json"), `${JSON.stringify(description, null, 1)}\n`);
  if (process.argv.includes("--docs")) writeFileSync(join(root, "docs/ABI.md"), renewed());
}

function describe() {
  const source = read("assembly/abi.ts");
  return {
    version: abi.ABI_VERSION,
    functions: readFunctions(read("assembly/index.ts"), readFileSync(join(root, "build/carp.wasm"))),
    memory: { pages: abi.MEMORY_PAGES, areas: readMemoryMap(abi, source) },
    constants: readConstants(abi, source),
    enums: readEnums(abi, source),
    records: readRecords(abi, source),
  };
}

/** docs/ABI.md with what stands between `<!-- begin NAME -->` and `<!-- end NAME -->` written anew. */
function renewed() {
  const parts = {
    functions: functionTable(),
    memory: memoryTable(),
    constants: table(
      ["constant", "value"],
      Object.entries(description.constants).map(([name, value]) => [code(name), value]),
    ),
    enums: enumTables(),
    records: recordTables(),
    example: `\`\`\`js\n${read("test/embedding/verify.mjs").trim()}\n\`\`\``,
  };
  return read("docs/ABI.md").replace(
    /(<!-- begin (\w+) -->\n)[\s\S]*?(<!-- end \2 -->)/g,
    (_whole, begin, name, end) => `${begin}\n${parts[name]}\n\n${end}`,
  );
}

function functionTable() {
  const rows = description.functions.map(({ name, parameters, results, description: words }) => {
    const list = parameters.map((parameter) => `${parameter.name}: ${parameter.type}`).join(", ");
    return [code(`${name}(${list})${results.length > 0 ? `: ${results.join(", ")}` : ""}`), words];
  });
  return table(["function", "what it does"], rows);
}

function memoryTable() {
  const rows = description.memory.areas.map(({ constant, offset, size }) => [code(constant), offset, size]);
  return table(["area", "begins at", "bytes"], rows);
}

function enumTables() {
  return Object.entries(description.enums)
    .map(([name, { description: words = "", members }]) => {
      const rows = Object.entries(members).map(([member, { value, description: note = "" }]) => [
        value,
        code(member),
        note,
      ]);
      return `### ${name}\n\n${words}\n\n${table(["value", "name", ""], rows)}`;
    })
    .join("\n\n");
}

function recordTables() {
  return Object.entries(description.records)
    .map(([name, { size, fields }]) => {
      const rows = fields.map((field) => [
        field.offset,
        field.size,
        field.type,
        code(field.constant),
        field.description,
      ]);
      return `### ${name}, ${size} bytes\n\n${table(["offset", "bytes", "type", "name", ""], rows)}`;
    })
    .join("\n\n");
}

function table(head, rows) {
  const line = (cells) => `| ${cells.map((cell) => String(cell).replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

function code(text) {
  return `\`${text}\``;
}
