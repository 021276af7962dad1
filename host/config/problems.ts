import type { Problem } from "./model.ts";
import type { Span } from "./words.ts";

/** A mistake at `span`. The source line is added later, by `addSourceLines`, when every secret is known. */
export function problemAt(severity: Problem["severity"], span: Span, message: string): Problem {
  return { severity, position: span.position, message, sourceLine: "", length: span.length };
}

/** The problems with the lines they stand in, without the secrets: those named, and any word after `pass`. */
export function addSourceLines(
  problems: readonly Problem[],
  text: string,
  secrets: readonly Span[],
): Problem[] {
  if (problems.length === 0) return [];
  const lines = hideUnread(hideSpans(text.split("\n"), secrets).join("\n")).split("\n");
  return problems.map((problem) => ({
    ...problem,
    sourceLine: problem.length === 0 ? "" : (lines[problem.position.line - 1] ?? ""),
  }));
}

/** A word of the source as a message may show it: printable, not too long, and without the value of a `pass=`. */
export function showWord(text: string): string {
  const printable = hideUnread(showLine(text)).replaceAll("\t", "?");
  return printable.length > 48 ? `${printable.slice(0, 45)}...` : printable;
}

/** A line of the source without characters that would move the cursor of a terminal; tabs stay. */
export function showLine(text: string): string {
  return text.replace(/(?!\t)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, "?");
}

function hideSpans(lines: string[], secrets: readonly Span[]): string[] {
  for (const { position, length } of secrets) {
    const line = lines[position.line - 1] ?? "";
    const start = position.column - 1;
    lines[position.line - 1] = line.slice(0, start) + "*".repeat(length) + line.slice(start + length);
  }
  return lines;
}

/** Where a quote is never closed, or in a comment, nothing was parsed: there the word after `pass` goes by its look. */
function hideUnread(text: string): string {
  const before =
    /(?:(?<!\w)(?:pas\w*|key|psk|secret)|pass(?=[=:]))(?=((?:["']?(?:[ \t]|\\\n)+|[=:]))(SECRET))/;
  const secret = /"[^"\n]+"?|'[^'\n]+'?|[^\s"';][^\s";]*(?:"[^\s";]+)*/;
  let hidden = text;
  for (const match of text.matchAll(new RegExp(before.source.replace("SECRET", secret.source), "gi"))) {
    const start = match.index + match[0].length + match[1].length;
    hidden = hidden.slice(0, start) + "*".repeat(match[2].length) + hidden.slice(start + match[2].length);
  }
  return hidden;
}
