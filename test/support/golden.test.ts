import { expect, test } from "vitest";
import { tablesOf } from "./golden.ts";

const text = `
# One

| a | b c |
|---|---|
| 1 | two words |
| - | - |

Words.

| a |
|---|
| \`3\` |
`;

test("every table with its heading and its rows", () => {
  expect(tablesOf(text)).toEqual([
    {
      title: "One",
      columns: ["a", "b c"],
      rows: [
        { a: "1", "b c": "two words" },
        { a: "-", "b c": "-" },
      ],
    },
    { title: "One", columns: ["a"], rows: [{ a: "`3`" }] },
  ]);
});

test("a row that lacks a cell is an error, not an empty cell", () => {
  expect(() => tablesOf("| a | b |\n|---|---|\n| 1 |")).toThrow("line 3 has 1 cells");
});
