import fc from "fast-check";
import { expect, test } from "vitest";
import { readAssignments } from "../../host/config/assignments.ts";
import { placeAt } from "../../host/config/words.ts";
import { describe } from "./support.ts";

const values = (text: string) =>
  readAssignments(text, "f").assignments.map(
    ({ name, append, value, broken }) =>
      `${name}${append ? "+" : ""}=${value.text}${broken ? " (broken)" : ""}`,
  );

test.each([
  ["a=1", ["a=1"]],
  ["a=1 # comment\n#b=2\n  c=3", ["a=1", "c=3"]],
  ["a=x#y", ["a=x#y"]],
  ["a='single \"x\" $y \\'", ['a=single "x" $y \\']],
  ['a="double \'x\' \\" \\\\ \\n"', ["a=double 'x' \" \\ \\n"]],
  ['a="one \\\n two"', ["a=one  two"]],
  ["a='one \\\n two'", ["a=one \\\n two"]],
  ["a=one\\ two", ["a=one two"]],
  ["a=one\\\ntwo", ["a=onetwo"]],
  ["a=1; b=2 c=3", ["a=1", "b=2", "c=3"]],
  ['a+="x"', ["a+=x"]],
  ["net.inet.carp.preempt=1\nnet.inet.carp.log = 2", ["net.inet.carp.preempt=1", "net.inet.carp.log=2"]],
  ["if [ -r /etc/x ]; then . /etc/x; fi\na=1", ["a=1"]],
  ["echo 'a=2\nb=3' done\na=1", ["a=1"]],
  ["export a=1", []],
  ["", []],
])("%j", (text, expected) => expect(values(text)).toEqual(expected));

test("what a shell would expand is marked, but not in single quotes and not when escaped", () => {
  const [{ value }] = readAssignments("a=\"$x \\$y $(z) `w`$ \"'$v'", "f").assignments;
  expect(value.text).toBe("$x $y $(z) `w`$ $v");
  expect(value.expansions).toEqual([0, 6, 11, 13]);
});

test.each([
  ['a=1\nb="x\nc=2', ['2:3 error: this quote is never closed <">'], ["a=1"]],
  ["ifconfig_em0 =x", ["1:1 error: no blank may stand before the = <i>"], []],
  ["a=b c d\nb=1", [], ["a=b", "b=1"]],
])("%j has problems", (text, expected, rest) => {
  expect(describe(readAssignments(text, "f").problems, text)).toEqual(expected);
  expect(values(text)).toEqual(rest);
});

test("a value with blanks and no quotes is broken", () => {
  const text = "ifconfig_em0_alias0=vhid 1 pass x\na=1";
  expect(describe(readAssignments(text, "f").problems, text)).toEqual([
    "1:26 error: this is not part of the value: a value with blanks needs quotes, with no blank after the = <1>",
  ]);
  expect(values(text)).toEqual(["ifconfig_em0_alias0=vhid (broken)", "a=1"]);
});

test("any text comes to an end, and every character of a value stands where it says", () => {
  const soup = fc.array(
    fc.constantFrom("a=", "b+=", '"', "'", "\\", "\n", " ", "#", ";", "$x", "`", "x", "é", "\r", "(", "&"),
  );
  fc.assert(
    fc.property(
      fc.oneof(
        soup.map((parts) => parts.join("")),
        fc.string({ unit: "binary" }),
      ),
      (text) => {
        const lines = text.split("\n").map((line) => `${line}\n`);
        for (const { value } of readAssignments(text, "f").assignments) {
          const stand = Array.from({ length: value.text.length }, (_, index) => {
            const { line, column } = placeAt(value, index);
            return lines[line - 1][column - 1];
          });
          expect(stand.join("")).toBe(value.text);
        }
      },
    ),
    { numRuns: 300 },
  );
});
