import { expect, test } from "vitest";
import { DemotionReason, Notice } from "../../assembly/abi.ts";
import { Notices } from "../../host/node/notices.ts";

const second = 1_000_000_000n;
const notice = (seconds: number, { vhid = 1, interfaceIndex = 0, kind = Notice.ReplaySuspected } = {}) => ({
  kind: "notice" as const,
  interfaceIndex,
  vhid,
  timeNs: (500n + BigInt(seconds)) * second,
  notice: kind,
  peer: undefined,
});

test("of each kind, virtual host and interface, one a minute", () => {
  const notices = new Notices();
  const due = [0, 10, 20, 59, 60, 70, 119, 120].filter((seconds) => notices.isDue(notice(seconds)));
  expect(due).toEqual([0, 60, 120]);
  expect(notices.isDue(notice(121, { vhid: 2 }))).toBe(true);
  expect(notices.isDue(notice(121, { interfaceIndex: 1 }))).toBe(true);
  expect(notices.isDue(notice(121, { kind: Notice.VhidConflict }))).toBe(true);
  expect(notices.isDue(notice(122, { kind: Notice.VhidConflict }))).toBe(false);
});

test("whatever else there is to tell is told", () => {
  const notices = new Notices();
  const demotion = {
    ...{ kind: "demotion" as const, cause: undefined, timeNs: second, delta: 240, total: 240 },
    reason: DemotionReason.Sysctl,
  };
  expect([1, 2, 3].map(() => notices.isDue(demotion))).toEqual([true, true, true]);
});
