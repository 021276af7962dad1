import { expect, test } from "vitest";
import { addSourceLines, problemAt, showLine, showWord } from "../../host/config/problems.ts";

const span = (line: number, column: number, length: number) => ({
  position: { file: "f", line, column },
  length,
});
const shown = (text: string, secrets: Parameters<typeof addSourceLines>[2] = []) =>
  addSourceLines([problemAt("error", span(1, 1, 1), "m")], text, secrets)[0].sourceLine;

test("a secret that was parsed is hidden with its own length", () => {
  expect(shown('a="pass x=y" b', [span(1, 9, 3)])).toBe('a="pass ***" b');
});

test.each([
  ["a=1 # pass testpass here", "a=1 # pass ******** here"],
  ['a="vhid 1 pass testpass', 'a="vhid 1 pass ********'],
  ['a="vhid 1 pass" testpass', 'a="vhid 1 pass" ********'],
  ['a=\'pass "two words" x', "a='pass *********** x"],
  ["passwd testpass", "passwd ********"],
  ["pass=testpass x", "pass=******** x"],
  ["PASS testpass", "PASS ********"],
  ["bypass 10.0.0.1/32", "bypass 10.0.0.1/32"],
])("where nothing was parsed, %s becomes %s", (text, expected) => expect(shown(text)).toBe(expected));

test("what a terminal would obey is not shown", () => {
  expect(showLine("a\tb\u001b[2Jc\u202ed")).toBe("a\tb?[2Jc?d");
  expect(showWord("a\tb\n")).toBe("a?b?");
  expect(showWord("x".repeat(100))).toHaveLength(48);
});
