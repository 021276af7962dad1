import type { Position, Problem } from "./model.ts";
import { problemAt } from "./problems.ts";
import type { PlacedText, Run, Span } from "./words.ts";

/** One `name=value` or `name+=value` of a shell-like file; the span is the name's. */
export interface Assignment extends Span {
  readonly name: string;
  readonly append: boolean;
  readonly value: PlacedText;
  /** The value is not whole: a problem has been reported. */
  readonly broken: boolean;
}

/**
 * The assignments of an rc.conf (or sysctl.conf, loader.conf) in their order. Quotes, escapes and continuations are
 * resolved as sh does; comments and other commands are passed over. Problems are quotes that are never closed and
 * blanks where they take the value away from a name of ours.
 */
export function readAssignments(
  text: string,
  file: string,
): { assignments: Assignment[]; problems: Problem[] } {
  const cursor = new Cursor(text, file);
  const assignments: Assignment[] = [];
  while (cursor.skipSeparators()) {
    const start = cursor.position();
    const match =
      cursor.take(/([A-Za-z_][\w.-]*)(\+?=)/y) ?? cursor.take(/(net\.inet\.carp\.\w+)[ \t]*(=)[ \t]*/y);
    if (match === undefined) {
      if (cursor.take(/(ifconfig_[\w.-]+|cloned_interfaces)[ \t]+\+?=/y) !== undefined)
        cursor.problems.push(
          problemAt("error", { position: start, length: 1 }, "no blank may stand before the ="),
        );
      cursor.skipCommand();
      continue;
    }
    const [, name, operator] = match;
    if (name.startsWith("net.inet.carp.")) cursor.take(/[ \t]*/y);
    const value = cursor.readValue();
    if (value === undefined) break;
    const broken = !checkRest(cursor, name);
    assignments.push({
      name,
      append: operator === "+=",
      value,
      broken,
      position: start,
      length: name.length,
    });
  }
  return { assignments, problems: cursor.problems };
}

/** After a value the command must end, or the next assignment begin: anything else was meant to be in the value. */
function checkRest(cursor: Cursor, name: string): boolean {
  cursor.take(/[ \t]*/y);
  if (cursor.atEndOfCommand() || cursor.looksLike(/[A-Za-z_][\w.-]*\+?=/y)) return true;
  const ours = /^(ifconfig_|cloned_interfaces$|net\.inet\.carp\.)/.test(name);
  if (ours) {
    const message =
      "this is not part of the value: a value with blanks needs quotes, with no blank after the =";
    cursor.problems.push(problemAt("error", { position: cursor.position(), length: 1 }, message));
  }
  cursor.skipCommand();
  return !ours;
}

class Cursor {
  readonly problems: Problem[] = [];
  private index = 0;
  private line = 1;
  private lineStart = 0;
  private readonly text: string;
  private readonly file: string;

  constructor(text: string, file: string) {
    this.text = text;
    this.file = file;
  }

  position(): Position {
    return { file: this.file, line: this.line, column: this.index - this.lineStart + 1 };
  }

  looksLike(pattern: RegExp): boolean {
    pattern.lastIndex = this.index;
    return pattern.test(this.text);
  }

  /** Moves behind a match of a sticky pattern, which must not match a newline. */
  take(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.index;
    const match = pattern.exec(this.text) ?? undefined;
    if (match !== undefined) this.index += match[0].length;
    return match;
  }

  /** Moves to the next command; false at the end of the text. */
  skipSeparators(): boolean {
    while (this.index < this.text.length) {
      if (this.text[this.index] === "#") this.take(/[^\n]*/y);
      else if (" \t\n\r;".includes(this.text[this.index])) this.step();
      else return true;
    }
    return false;
  }

  atEndOfCommand(): boolean {
    return this.index >= this.text.length || "\n\r;#".includes(this.text[this.index]);
  }

  skipCommand(): void {
    while (!this.atEndOfCommand()) {
      const before = this.index;
      if (this.readValue() === undefined) return;
      if (this.index === before) this.step();
      this.take(/[ \t]*/y);
    }
  }

  /** The word at the cursor with its quotes resolved; undefined, and a problem, when a quote is never closed. */
  readValue(): PlacedText | undefined {
    const value: GrowingText = { text: "", runs: [], expansions: [] };
    let quote: keyof typeof ordinary = "";
    let opened = this.position();
    while (this.index < this.text.length) {
      const length = this.lengthOf(ordinary[quote]);
      if (length > 0) this.keep(value, length);
      const character = this.text[this.index];
      if (character === undefined) break;
      if (quote === "" && " \t\n\r;&|<>()".includes(character)) return value;
      if (character === quote || (quote === "" && (character === '"' || character === "'"))) {
        opened = this.position();
        quote = quote === "" ? (character as '"' | "'") : "";
        this.step();
      } else if (
        character === "\\" &&
        this.looksLike(quote === "" ? /\\[\s\S]/y : /\\["\\$`\n]/y) &&
        quote !== "'"
      ) {
        this.step();
        if (this.text[this.index] === "\n") this.step();
        else this.keep(value, 1);
      } else {
        const mayExpand = character === "$" || character === "`";
        if (mayExpand && quote !== "'" && this.looksLike(/`|\$[\w{(@*#?$!-]/y))
          value.expansions.push(value.text.length);
        this.keep(value, 1);
      }
    }
    if (quote === "") return value;
    this.problems.push(problemAt("error", { position: opened, length: 1 }, "this quote is never closed"));
    return undefined;
  }

  private lengthOf(pattern: RegExp): number {
    pattern.lastIndex = this.index;
    return pattern.test(this.text) ? pattern.lastIndex - this.index : 0;
  }

  /** Adds characters of the source to the value; only the last may be a newline. */
  private keep(value: GrowingText, length: number): void {
    const start = value.text.length;
    const column = this.index - this.lineStart + 1;
    const run = value.runs.at(-1);
    if (run === undefined || run.line !== this.line || run.column + start - run.start !== column)
      value.runs.push({ start, line: this.line, column });
    value.text += this.text.slice(this.index, this.index + length);
    this.index += length - 1;
    this.step();
  }

  private step(): string {
    const character = this.text[this.index++];
    if (character === "\n") {
      this.line++;
      this.lineStart = this.index;
    }
    return character;
  }
}

/** What stands for itself, by the quote around it. */
const ordinary = { "": /[^\s"'\\$`;&|<>()]+/y, '"': /[^"\\$`\n]+/y, "'": /[^'\n]+/y } as const;

interface GrowingText {
  text: string;
  readonly runs: Run[];
  readonly expansions: number[];
}
