import { readFileSync } from "node:fs";

/** A row of a table by the names of its columns. */
export type Row = Readonly<Record<string, string>>;

export interface Table {
  /** The heading above it. */
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly Row[];
}

/** Reads every table of a Markdown file. */
export function readTables(path: string): Table[] {
  return tablesOf(readFileSync(path, "utf8"));
}

/** @throws Error where a row has another number of cells than its heading. */
export function tablesOf(markdown: string): Table[] {
  const tables: Table[] = [];
  let title = "";
  let columns: string[] | undefined;
  let rows: Row[] = [];
  for (const [index, line] of markdown.split("\n").entries()) {
    if (!line.startsWith("|")) {
      columns = undefined;
      title = /^#+ (.*)$/.exec(line)?.[1] ?? title;
      continue;
    }
    const cells = line.split("|").slice(1, -1);
    const trimmed = cells.map((cell) => cell.trim());
    if (columns === undefined) {
      columns = trimmed;
      rows = [];
      tables.push({ title, columns, rows });
    } else if (!trimmed.every((cell) => /^-+$/.test(cell)) || rows.length > 0) {
      if (trimmed.length !== columns.length) throw new Error(`line ${index + 1} has ${trimmed.length} cells`);
      rows.push(Object.fromEntries(columns.map((column, at) => [column, trimmed[at]])));
    }
  }
  return tables;
}
