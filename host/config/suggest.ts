/** ` (did you mean NAME?)` when one of the names is close enough to the text, else an empty string. */
export function suggest(text: string, names: readonly string[]): string {
  const name = closest(text, names);
  return name === undefined ? "" : ` (did you mean ${name}?)`;
}

/** The name that is at most two edits, and less than half its length, away from the text. */
export function closest(text: string, names: readonly string[]): string | undefined {
  if (text.length > 64) return undefined;
  let best: string | undefined;
  let bestDistance = 3;
  for (const name of names) {
    const distance = countEdits(text.toLowerCase(), name);
    if (distance < bestDistance && 2 * distance < Math.max(3, name.length)) {
      best = name;
      bestDistance = distance;
    }
  }
  return best;
}

/** Insertions, deletions, substitutions and swaps of neighbours that turn one text into the other. */
function countEdits(left: string, right: string): number {
  const rows = [Array.from({ length: right.length + 1 }, (_, index) => index)];
  for (let i = 1; i <= left.length; i++) {
    const row = [i];
    for (let j = 1; j <= right.length; j++) {
      const same = left[i - 1] === right[j - 1] ? 0 : 1;
      row[j] = Math.min(rows[i - 1][j] + 1, row[j - 1] + 1, rows[i - 1][j - 1] + same);
      if (i > 1 && j > 1 && left[i - 1] === right[j - 2] && left[i - 2] === right[j - 1])
        row[j] = Math.min(row[j], rows[i - 2][j - 2] + 1);
    }
    rows.push(row);
  }
  return rows[left.length][right.length];
}
