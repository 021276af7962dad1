import { expect, test } from "vitest";
import { readAssignments } from "../../host/config/assignments.ts";
import { argumentWords, commandLine, partOf, splitWords } from "../../host/config/words.ts";
import { placed } from "./support.ts";

const placesOf = (text: string) => {
  const [{ value }] = readAssignments(text, "f").assignments;
  return splitWords(value, "f").map(
    ({ text, position, length }) => `${text}@${position.line}:${position.column}+${length}`,
  );
};

test("every word keeps its place, through quotes, escapes and continuations", () => {
  expect(placesOf(`a="vhid 1\tpass x"`)).toEqual(["vhid@1:4+4", "1@1:9+1", "pass@1:11+4", "x@1:16+1"]);
  expect(placesOf('a="one \\\n  two"')).toEqual(["one@1:4+3", "two@2:3+3"]);
  expect(placesOf('a="one\n two"')).toEqual(["one@1:4+3", "two@2:2+3"]);
  expect(placesOf(`a=x'y z'"w"`)).toEqual(["xy@1:3+3", "zw@1:7+4"]);
  expect(placesOf('a="p\\"q r"')).toEqual(['p"q@1:4+4', "r@1:9+1"]);
});

test("a word that a continuation splits has a span on each line", () => {
  const [{ value }] = readAssignments('a="test\\\npass"', "f").assignments;
  const [word] = splitWords(value, "f");
  expect(word.text).toBe("testpass");
  expect(word.spans.map(({ position, length }) => [position.line, position.column, length])).toEqual([
    [1, 4, 4],
    [2, 1, 4],
  ]);
  expect(partOf(word, 2)).toBe(word);
});

test("arguments are numbered", () => {
  const words = argumentWords(["vhid", "1 2"], 3);
  expect(words.map((word) => word.text)).toEqual(["vhid", "1 2"]);
  expect(words[1].position).toEqual({ file: commandLine, line: 1, column: 4 });
});

test("a part of a word begins behind its offset", () => {
  const [word] = splitWords(placed("10.0.0.1/33"), "f");
  expect(partOf(word, 9)).toEqual({ position: { file: "f", line: 1, column: 10 }, length: 2 });
});
