import { expect, test } from "vitest";
import type { VhidState } from "../../host/demo/scenario.ts";
import { changesOf, type DemoView, tableOf } from "../../host/demo/table.ts";

const settled: DemoView = {
  seconds: 4.25,
  title: "three hosts start together",
  states: new Map([
    ["hosta", new Map<number, VhidState>([[1, "MASTER"]])],
    ["hostb", new Map<number, VhidState>([[2, "MASTER"]])],
    [
      "hostc",
      new Map<number, VhidState>([
        [1, "BACKUP"],
        [2, "BACKUP"],
      ]),
    ],
  ]),
  answers: new Map([
    ["192.168.1.50", "hosta"],
    ["192.168.1.51", "hostb"],
  ]),
  pings: new Map([
    ["192.168.1.50", { sent: 100, lost: 0, longestGapMs: 11 }],
    ["192.168.1.51", { sent: 100, lost: 3, longestGapMs: 41 }],
  ]),
};
const lost: DemoView = {
  ...settled,
  seconds: 7.5,
  title: "hosta loses power",
  states: new Map<string, ReadonlyMap<number, VhidState>>([...settled.states, ["hosta", new Map()]]),
  answers: new Map([["192.168.1.51", "hostb"]]),
};

test("the table has the hosts' states, who answers, and the pings", () => {
  expect(tableOf(lost)).toEqual([
    "  7.5 s  hosta loses power",
    "",
    "HOST   ADDRESS      VHID 1  VHID 2",
    "hosta  192.168.1.3  off     off",
    "hostb  192.168.1.4  -       MASTER",
    "hostc  192.168.1.5  BACKUP  BACKUP",
    "",
    "SHARED        ANSWERED BY  PINGS LOST  LONGEST GAP",
    "192.168.1.50  nobody       0           0.01 s",
    "192.168.1.51  hostb        3           0.04 s",
  ]);
});

test("nothing is said of pings before there are any", () => {
  const lines = tableOf({ ...settled, answers: new Map(), pings: new Map() });
  expect(lines.at(-1)).toBe("192.168.1.51  -            -           -");
});

test("a change is a line, and no change is none", () => {
  expect(changesOf(settled, settled)).toEqual([]);
  expect(changesOf(settled, lost)).toEqual([
    "  7.50 s  hosta loses power",
    "  7.50 s    hosta vhid 1: MASTER -> off",
    "  7.50 s    192.168.1.50 is answered by nobody",
  ]);
});
