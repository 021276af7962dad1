import { describe, expect, it } from "vitest";
import { advertisementsOf, recordOf, standIn } from "./stand-in.ts";
import { nodesOf, parseNetbsdTimeline } from "./timeline.ts";

const options = "--vip 192.168.1.50/24 --vhid 1 --pass testpass --advbase 1 --advskew 0";
const timeline = parseNetbsdTimeline(`# t0=1000.000000
    0.000   >> start NetBSD a: --ip 192.168.1.3/24 ${options}
    0.000   >> start NetBSD b: --ip 192.168.1.4/24 ${options}
    0.100   ## a: carp0 TRANSITION - -> BACKUP
    0.200   ## b: carp0 TRANSITION - -> BACKUP
    3.100   ## a: carp0 TRANSITION BACKUP -> MASTER
    6.000   >> inject an advertisement
    7.000   >> b: signal 9
    8.000   ## a: terminating: carp interfaces down
    9.000   >> the end
`);
const [a, b] = nodesOf(timeline);

describe("recordOf", () => {
  it("ends with INIT where the node was stopped", () => {
    expect(recordOf(timeline, a)).toEqual({
      transitions: [
        { seconds: 0.1, to: "BACKUP" },
        { seconds: 3.1, to: "MASTER" },
        { seconds: 8, to: "INIT" },
      ],
      fromSeconds: 0.1,
      untilSeconds: 8,
    });
  });

  it("breaks off where it was killed", () => {
    expect(recordOf(timeline, b)).toMatchObject({ transitions: [{ to: "BACKUP" }], untilSeconds: 7 });
  });
});

describe("standIn", () => {
  it("lives as long as the node, hears others, and not what the node sent", () => {
    const alone = standIn(timeline, b, []);
    expect(alone.transitions.map(({ to }) => to)).toEqual(["BACKUP", "MASTER"]);
    const frames = standIn(timeline, a, []).sent;
    const others = frames.map((frame) => ({ ...frame, source: a.source, injected: false }));
    expect(frames.slice(0, 2).map(({ seconds }) => Math.floor(seconds))).toEqual([3, 4]);
    expect(frames.at(-1)).toMatchObject({ seconds: 8, advbase: 255, advskew: 255 });
    expect(standIn(timeline, b, others).transitions.map(({ to }) => to)).toEqual(["BACKUP"]);
    expect(standIn(timeline, a, others).transitions.map(({ to }) => to)).toEqual([
      "BACKUP",
      "MASTER",
      "INIT",
    ]);
  });
});

it("advertisementsOf tells an injected repetition from the node's own", () => {
  const { sent } = standIn(timeline, a, []);
  const capture = [3.1, 6.1, 6.2].map((seconds) => ({
    timeNs: 1_000_000_000_000n + BigInt(Math.round(seconds * 1e9)),
    bytes: sent[0].bytes,
    index: 1,
    timeSeconds: 0,
    capturedLength: 70,
    wireLength: 70,
    linkType: 1,
  }));
  const advertisements = advertisementsOf(timeline, capture);
  expect(advertisements.map(({ injected }) => injected)).toEqual([false, true, false]);
  expect(advertisements.map(({ source }) => source)).toEqual(["192.168.1.3", "192.168.1.3", "192.168.1.3"]);
});
