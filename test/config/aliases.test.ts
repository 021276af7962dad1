import { expect, test } from "vitest";
import { splitEntries } from "../../host/config/aliases.ts";
import { argumentWords } from "../../host/config/words.ts";

const split = (text: string) =>
  splitEntries(argumentWords(text.split(" ").filter((word) => word !== ""))).map((entry) =>
    entry.map((word) => word.text).join(" "),
  );

test.each([
  ["", []],
  ["inet vhid 1 pass x 10.0.0.1/32", ["inet vhid 1 pass x 10.0.0.1/32"]],
  [
    "inet 10.0.0.1/32 inet6 ::1/64 link 0:0:0:0:0:1",
    ["inet 10.0.0.1/32", "inet6 ::1/64", "link 0:0:0:0:0:1"],
  ],
  ["inet 10.0.0.1/32 ether 0:0:0:0:0:1", ["inet 10.0.0.1/32", "ether 0:0:0:0:0:1"]],
  ["vhid 1 10.0.0.1/32 vhid 1 10.0.0.2/32", ["vhid 1 10.0.0.1/32", "vhid 1 10.0.0.2/32"]],
  ["10.0.0.1/32 vhid 1 10.0.0.2/32 vhid 2", ["10.0.0.1/32 vhid 1", "10.0.0.2/32 vhid 2"]],
  ["vhid 1 10.0.0.1/32 pass x vhid 2 10.0.0.2/32", ["vhid 1 10.0.0.1/32 pass x", "vhid 2 10.0.0.2/32"]],
  ["inet vhid 1 pass inet6 10.0.0.1/32", ["inet vhid 1 pass inet6 10.0.0.1/32"]],
  ["inet vhid 1 pass vhid 10.0.0.1 netmask 255.0.0.0", ["inet vhid 1 pass vhid 10.0.0.1 netmask 255.0.0.0"]],
  ["vhid 1 pass x inet 10.0.0.1/32", ["vhid 1 pass x inet 10.0.0.1/32"]],
  ["inet vhid 1 inet6 vhid 2 ::1/64", ["inet vhid 1", "inet6 vhid 2 ::1/64"]],
  ["inet vhid inet6 ::1/64", ["inet vhid", "inet6 ::1/64"]],
])("%s", (text, expected) => expect(split(text)).toEqual(expected));
