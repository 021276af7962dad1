import type { Position } from "./model.ts";

/** A stretch of characters in one line of a source. */
export interface Span {
  readonly position: Position;
  readonly length: number;
}

/** A value whose quotes and continuations are resolved, with the place of each character (from 1). */
export interface PlacedText {
  readonly text: string;
  readonly lines: readonly number[];
  readonly columns: readonly number[];
  /** The indices in `text` where a shell would put something else (`$name`, backticks). */
  readonly expansions: readonly number[];
}

/** One word of an argument list. `length` ends with the first line when a continuation splits the word. */
export interface Word extends Span {
  readonly text: string;
  /** Every place where the word stands: one span for each line that it touches. */
  readonly spans: readonly Span[];
}

/** The file name in the positions of words that come from the command line. */
export const commandLine = "command line";

/** Splits a value at blanks, as a shell splits an unquoted variable. */
export function splitWords(value: PlacedText, file: string): Word[] {
  return Array.from(value.text.matchAll(/[^ \t\n]+/g), (match) => {
    const spans = spansOf(value, file, match.index, match.index + match[0].length);
    return { text: match[0], spans, position: spans[0].position, length: spans[0].length };
  });
}

/** The words of an argument vector: one line, and the column is the argument's number from `first` on. */
export function argumentWords(values: readonly string[], first = 1): Word[] {
  return values.map((text, index) => {
    const position = { file: commandLine, line: 1, column: first + index };
    return { text, position, length: text.length, spans: [{ position, length: text.length }] };
  });
}

/** The part of a word from `offset` on, for a mistake in the middle; the whole word when it is not contiguous. */
export function partOf(word: Word, offset: number): Span {
  if (word.position.file === commandLine || word.length !== word.text.length) return word;
  const position = { ...word.position, column: word.position.column + offset };
  return { position, length: Math.max(1, word.length - offset) };
}

function spansOf(value: PlacedText, file: string, from: number, to: number): Span[] {
  const spans: Span[] = [];
  let start = from;
  for (let index = from + 1; index <= to; index++) {
    if (index < to && value.lines[index] === value.lines[start]) continue;
    const position = { file, line: value.lines[start], column: value.columns[start] };
    spans.push({ position, length: value.columns[index - 1] - value.columns[start] + 1 });
    start = index;
  }
  return spans;
}
