import { expect, test } from "vitest";
import { judgePass, readNumber } from "../../host/config/request.ts";
import { argumentWords } from "../../host/config/words.ts";

test.each([
  ["0", 0],
  ["254", 254],
  ["255", "advskew 255 is out of range 0..254"],
  ["-1", "advskew -1 is out of range 0..254"],
  ["99999999999999999999", "advskew 99999999999999999999 is out of range 0..254"],
  ["", "advskew (nothing) is not a decimal number"],
  ["1.0", "advskew 1.0 is not a decimal number"],
  ["1e2", "advskew 1e2 is not a decimal number"],
  ["007", "advskew 007 is not a decimal number"],
])("%j", (text, expected) => {
  const [word] = argumentWords([text]);
  const read = readNumber(word, "advskew", 0, 254);
  expect(typeof read === "number" ? read : read.message).toBe(expected);
});

test("protocol §2.2: 19 bytes are fine everywhere, 20 are ours, 21 nobody's", () => {
  const [word] = argumentWords(["x"]);
  expect([19, 20, 21].map((length) => judgePass(word, length)?.severity)).toEqual([
    undefined,
    "warning",
    "error",
  ]);
});
