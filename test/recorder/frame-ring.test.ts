import { describe, expect, it } from "vitest";
import { FrameKind, Verdict } from "../../assembly/abi.ts";
import { Core } from "../../host/core/core.ts";
import { ReceiveSlots } from "../../host/core/rings.ts";
import {
  Fate,
  FrameRing,
  frameCapacity,
  frameQuotas,
  readSnapshot,
  snapLength,
} from "../../host/recorder/frame-ring.ts";
import { Driver, peer, SECOND, START } from "../support/driver.ts";
import { advertisementFrame, carpFrame } from "../support/frames.ts";

const { memory } = new Core();

/** Receive slots whose verdicts a test gives. */
function slotsOf(frames: readonly Uint8Array[], verdict: Verdict): ReceiveSlots {
  const slots = new ReceiveSlots(memory, 3);
  frames.forEach((frame, slot) => {
    slots.write(slot, frame, frame.length + 4, 2);
  });
  return Object.assign(slots, { verdict: () => verdict });
}

/** Frames whose first four bytes count from `first` on. */
function numbered(first: number, count: number): Uint8Array[] {
  return Array.from({ length: count }, (_, index) => {
    const frame = carpFrame();
    new DataView(frame.buffer).setUint32(0, first + index);
    return frame;
  });
}

function numbersOf(ring: FrameRing, fate: Fate): number[] {
  return readSnapshot(ring.snapshot())
    .filter((frame) => frame.fate === fate)
    .map(({ bytes }) => Buffer.from(bytes).readUInt32BE(0));
}

function fill(ring: FrameRing, verdict: Verdict, count: number, firstNs = START): void {
  const batch = 1000;
  for (let done = 0; done < count; done += batch) {
    const frames = numbered(done, Math.min(batch, count - done));
    ring.noteReceived(slotsOf(frames, verdict), 0, frames.length, firstNs + BigInt(done));
  }
}

const span = (first: number, count: number) => Array.from({ length: count }, (_, index) => first + index);

describe("a frame of the ring", () => {
  it("has its time, interface, verdict, lengths and bytes", () => {
    const ring = new FrameRing();
    const frame = advertisementFrame({ ...peer, addresses: ["2001:db8::1"] });
    ring.noteReceived(slotsOf([frame], Verdict.BadAuth), 3, 1, START + 5n);
    expect(readSnapshot(ring.snapshot())).toEqual([
      {
        timeNs: START + 5n,
        interfaceIndex: 3,
        fate: Fate.Refused,
        outcome: Verdict.BadAuth,
        packetType: 2,
        wireLength: frame.length + 4,
        bytes: frame,
      },
    ]);
  });

  it("that was sent has its errno", () => {
    const driver = new Driver();
    const ring = new FrameRing();
    driver.core.setVirtualHost(0, 1, { key: new Uint8Array(4) });
    driver.core.setAddresses(0, 1, [Uint8Array.of(192, 168, 1, 50)]);
    driver.core.setState(0, 1, 2);
    driver.core.events();
    driver.core.applied(0, 1);
    const slots = driver.core.transmitSlots;
    const count = driver.core.pollTransmit();
    const kinds = span(0, count).map((slot) => slots.kind(slot));
    expect(kinds).toEqual([FrameKind.Advertisement4, FrameKind.ArpRequest, FrameKind.ArpReply]);
    slots.setErrno(0, 105);
    ring.noteSent(slots, count, START);
    const [only, ...more] = readSnapshot(ring.snapshot());
    expect(more).toEqual([]);
    expect(only).toMatchObject({ fate: Fate.Sent, outcome: 105, packetType: 4, interfaceIndex: 0 });
    expect(only.bytes).toEqual(slots.frame(0));
  });

  it("that is longer than what is kept is cut", () => {
    const ring = new FrameRing();
    const frame = advertisementFrame({ ...peer, trailer: new Uint8Array(100).fill(7) });
    ring.noteReceived(slotsOf([frame], Verdict.Ok), 0, 1, START);
    const [kept] = readSnapshot(ring.snapshot());
    expect(kept.bytes).toEqual(frame.subarray(0, snapLength));
    expect(kept.wireLength).toBe(frame.length + 4);
  });

  it.each([Verdict.NotCarp, Verdict.NotForUs])("that is none of CARP is left out (%i)", (verdict) => {
    const ring = new FrameRing();
    ring.noteReceived(slotsOf([carpFrame()], verdict), 0, 1, START);
    expect(readSnapshot(ring.snapshot())).toEqual([]);
  });
});

describe("the ring", () => {
  it("has the last 4096 frames where all are of one fate", () => {
    const ring = new FrameRing();
    fill(ring, Verdict.Ok, 10_000);
    expect(numbersOf(ring, Fate.Accepted)).toEqual(span(10_000 - frameCapacity, frameCapacity));
  });

  it("gives them oldest first, whatever place they have", () => {
    const ring = new FrameRing();
    for (let index = 0; index < 9000; index++) {
      const verdict = index % 3 === 0 ? Verdict.BadTtl : Verdict.Ok;
      const timeNs = START + BigInt(index) * SECOND;
      ring.noteReceived(slotsOf(numbered(index, 1), verdict), 0, 1, timeNs);
    }
    const numbers = readSnapshot(ring.snapshot()).map(({ timeNs }) => Number((timeNs - START) / SECOND));
    expect(numbers).toHaveLength(frameCapacity);
    expect(numbers).toEqual(numbers.toSorted((one, other) => one - other));
    expect(numbers.slice(-3)).toEqual([8997, 8998, 8999]);
  });

  it("keeps the last good frames in a flood of bad ones, and the last bad ones in one of good ones", () => {
    const ring = new FrameRing();
    fill(ring, Verdict.Ok, 5000);
    for (let second = 0n; second < 100n; second++)
      fill(ring, Verdict.BadAuth, 100, START + (20n + second) * SECOND);
    expect(numbersOf(ring, Fate.Accepted)).toEqual(span(5000 - 3072, 3072));
    expect(numbersOf(ring, Fate.Refused)).toHaveLength(frameQuotas[Fate.Refused]);
    fill(ring, Verdict.Ok, 10_000, START + 1000n * SECOND);
    expect(numbersOf(ring, Fate.Refused)).toHaveLength(frameQuotas[Fate.Refused]);
    expect(numbersOf(ring, Fate.Accepted)).toEqual(span(10_000 - 3072, 3072));
  });

  it("keeps a burst of refused frames, then a hundred a second, and counts the rest", () => {
    const ring = new FrameRing();
    fill(ring, Verdict.BadAuth, 3000);
    expect(numbersOf(ring, Fate.Refused)).toEqual(span(0, 1024));
    expect(ring.snapshot().unrecorded).toBe(3000 - 1024);
    fill(ring, Verdict.BadAuth, 1000, START + SECOND);
    expect(ring.snapshot().unrecorded).toBe(3000 - 1024 + 900);
    fill(ring, Verdict.BadAuth, 1000, START + 60n * SECOND);
    expect(ring.snapshot().unrecorded).toBe(3000 - 1024 + 900);
  });

  it("costs little: a frame that is kept, and one of a flood still less", () => {
    const ring = new FrameRing();
    const nsPerFrame = (verdict: Verdict) => {
      const slots = slotsOf(numbered(0, 1000), verdict);
      const rounds = 300;
      const begin = process.cpuUsage();
      for (let round = 0; round < rounds; round++) ring.noteReceived(slots, 0, 1000, START + BigInt(round));
      return (process.cpuUsage(begin).user * 1000) / rounds / 1000;
    };
    for (let warm = 0; warm < 3; warm++) {
      nsPerFrame(Verdict.Ok);
      nsPerFrame(Verdict.BadAuth);
    }
    const [kept, left] = [nsPerFrame(Verdict.Ok), nsPerFrame(Verdict.BadAuth)];
    process.stderr.write(
      `the ring: ${kept.toFixed(0)} ns for a frame, ${left.toFixed(1)} ns for one of a flood\n`,
    );
    expect(kept).toBeLessThan(3000);
    expect(left).toBeLessThan(kept / 2);
  });
});
