import { expect, test } from "vitest";
import { AddressList } from "../../host/config/addresslist.ts";
import type { Problem } from "../../host/config/model.ts";
import { argumentWords } from "../../host/config/words.ts";

/** Adds the words in order; a number is a mask. */
const fill = (words: (string | number)[], warn = true) => {
  const problems: Problem[] = [];
  const list = new AddressList(problems);
  for (const [index, word] of argumentWords(words.map(String)).entries()) {
    if (typeof words[index] === "number") list.setPrefix({ ...word, value: Number(word.text) });
    else list.add(word, undefined);
  }
  const addresses = list.finish(warn).map(({ address }) => `${address.address}/${address.prefixLength}`);
  return [addresses.join(" "), ...problems.map(({ position, message }) => `${position.column} ${message}`)];
};

test.each<[(string | number)[], string[]]>([
  [["10.0.0.1", 24], ["10.0.0.1/24"]],
  [[24, "10.0.0.1"], ["10.0.0.1/24"]],
  [["10.0.0.1", 24, "10.0.0.2", 16], ["10.0.0.1/24 10.0.0.2/16"]],
  [["10.0.0.1-2", 24], ["10.0.0.1/24 10.0.0.2/24"]],
  [["::1"], ["::1/64"]],
  [["10.0.0.1"], ["10.0.0.1/32", "1 10.0.0.1 has no prefix length and is taken as /32"]],
  [
    ["10.0.0.1/8", 24],
    ["10.0.0.1/8", "2 the address already says /8"],
  ],
  [
    [24, "10.0.0.1/8"],
    ["10.0.0.1/8", "1 the address already says /8"],
  ],
  [["10.0.0.1/8", 8], ["10.0.0.1/8"]],
  [["x"], ["", "1 x is not an IP address"]],
])("%j", (words, expected) => expect(fill(words)).toEqual(expected));

test("to remove an address no prefix length is needed", () => {
  expect(fill(["10.0.0.1"], false)).toEqual(["10.0.0.1/32"]);
});
