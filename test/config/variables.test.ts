import { expect, test } from "vitest";
import { readAssignments } from "../../host/config/assignments.ts";
import { settle, sortByInterface } from "../../host/config/variables.ts";
import { placeAt } from "../../host/config/words.ts";

const settled = (text: string) => settle(readAssignments(text, "f").assignments);

test("the later assignment wins, += adds behind a blank", () => {
  const text = "a=1\nb=2\na=3\nb+=4\nc+=5\nd=6\nd+=7\nd=8";
  expect(settled(text).map(({ name, value, position }) => `${name}=${value.text}@${position.line}`)).toEqual([
    ...["a=3@3", "b=2 4@2", "c=5@5", "d=8@8"],
  ]);
  const [, { value }] = settled(text);
  expect([0, 1, 2].map((index) => placeAt(value, index))).toEqual([
    { line: 2, column: 3 },
    { line: 2, column: 3 },
    { line: 4, column: 4 },
  ]);
});

test("an expansion stays marked when += moves it", () => {
  expect(settled('a="xy"\na+="$z"')[0].value.expansions).toEqual([3]);
});

test("variables are read in the order of the boot scripts", () => {
  const text = [
    "em0_aliases",
    "em0_alias1",
    "em0_alias0",
    "em0_ipv6",
    "em0",
    "em0_10",
    "em0_descr",
    "em1_name",
  ]
    .map((name) => `ifconfig_${name}=x`)
    .join("\n");
  const sorted = sortByInterface(settled(text)).map(({ name, read }) => [
    name,
    ...read.map(({ variable, role }) => `${variable.name.slice(9)} ${role}`),
  ]);
  expect(sorted).toEqual([
    ["em0", "em0 main", "em0_ipv6 ipv6", "em0_alias0 alias", "em0_alias1 alias", "em0_aliases aliases"],
    ["em0_10", "em0_10 main"],
  ]);
});

test("aliases end before the first gap", () => {
  const text = [0, 1, 3, 4].map((number) => `ifconfig_em0_alias${number}=x`).join("\n");
  const [{ read, unread }] = sortByInterface(settled(text));
  expect(read.map(({ variable }) => variable.name.at(-1))).toEqual(["0", "1"]);
  expect(unread.map(({ variable, reason }) => [variable.name.at(-1), reason.split(",")[0]])).toEqual([
    ["3", "ifconfig_em0_alias2 is missing"],
    ["4", "ifconfig_em0_alias2 is missing"],
  ]);
});
