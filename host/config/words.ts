import type { Position } from "./model.ts";

/** A stretch of characters in one line of a source. */
export interface Span {
  readonly position: Position;
  readonly length: number;
}

/** Characters that stand side by side in the source as in the text, from the index `start` on until the next run. */
export interface Run {
  readonly start: number;
  /** Of the first character, from 1. */
  readonly line: number;
  readonly column: number;
}

/** A value whose quotes and continuations are resolved, and where its characters stand. */
export interface PlacedText {
  readonly text: string;
  /** In their order; the first begins at 0. */
  readonly runs: readonly Run[];
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
  const { text } = value;
  const words: Word[] = [];
  for (let from = 0; from < text.length; from++) {
    if (isBlank(text, from)) continue;
    let to = from + 1;
    while (to < text.length && !isBlank(text, to)) to++;
    words.push(new PlacedWord(value, file, from, to));
    from = to;
  }
  return words;
}

function isBlank(text: string, index: number): boolean {
  const character = text[index];
  return character === " " || character === "\t" || character === "\n";
}

/** A word of a value. Where it stands is found out when somebody asks: of most words nobody does. */
class PlacedWord implements Word {
  readonly text: string;
  private places: readonly Span[] | undefined;
  private readonly value: PlacedText;
  private readonly file: string;
  private readonly from: number;

  constructor(value: PlacedText, file: string, from: number, to: number) {
    this.text = value.text.slice(from, to);
    this.value = value;
    this.file = file;
    this.from = from;
  }

  get spans(): readonly Span[] {
    this.places ??= spansOf(this.value, this.file, this.from, this.from + this.text.length);
    return this.places;
  }

  get position(): Position {
    return this.spans[0].position;
  }

  get length(): number {
    return this.spans[0].length;
  }
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

/** Where the character at an index of the text stands. */
export function placeAt({ runs }: PlacedText, index: number): Omit<Position, "file"> {
  const { start, line, column } = runs[runIndex(runs, index)] ?? { start: 0, line: 1, column: 1 };
  return { line, column: column + index - start };
}

/** Which run the character is in; -1 where there are none. Halved, since a value can have as many as characters. */
function runIndex(runs: readonly Run[], index: number): number {
  let [low, high] = [0, runs.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (runs[middle].start <= index) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** One span for each line. What is left out within a line, as a quote, belongs to the span around it. */
function spansOf(value: PlacedText, file: string, from: number, to: number): Span[] {
  const { runs } = value;
  const first = placeAt(value, from);
  if (runs.length === 1) return [{ position: { file, ...first }, length: to - from }];
  const spans: { position: Position; length: number }[] = [{ position: { file, ...first }, length: 0 }];
  for (let at = runIndex(runs, from); at < runs.length && (runs[at]?.start ?? 0) < to; at++) {
    const end = Math.min(runs[at + 1]?.start ?? to, to);
    const last = placeAt(value, end - 1);
    let span = spans[spans.length - 1];
    if (last.line !== span.position.line) {
      const { start, line, column } = runs[at];
      span = { position: { file, line, column: column + Math.max(0, from - start) }, length: 0 };
      spans.push(span);
    }
    span.length = last.column - span.position.column + 1;
  }
  return spans;
}
