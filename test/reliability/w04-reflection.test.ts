import { describe, expect, test } from "vitest";
import { FrameKind, Option, Replay, SENT_COUNTER_CAPACITY, State, Verdict } from "../../assembly/abi.ts";
import { rewritten } from "../support/attacker.ts";
import { Driver, dualHost, SECOND } from "../support/driver.ts";
import { addressBytes } from "../support/frames.ts";

/**
 * W4: our own advertisement comes back, as it was or under another source. FreeBSD steps down before its own echo, ucarp
 * looks at the source alone. Here the last 4096 counters of each virtual host are its own, in every mode.
 */
describe.each([Replay.Off, Replay.Log, Replay.Strict])("W4, mode %i", (mode) => {
  test("every one of the last 4096 is known, under any source and with any interval", () => {
    const { driver, sent } = masterFor(SENT_COUNTER_CAPACITY + 50);
    driver.core.setOption(Option.Replay, mode);
    const { transitions } = driver.instance();
    const last = sent.slice(-SENT_COUNTER_CAPACITY);
    for (const change of [
      {},
      { source: addressBytes("192.168.1.99") },
      { advskew: 0, advbase: 0 },
      { advbase: 255, advskew: 255 },
    ]) {
      for (let first = 0; first < last.length; first += 512) {
        const frames = last.slice(first, first + 512).map((frame) => rewritten(frame, change));
        expect(new Set(driver.receive(...frames))).toEqual(new Set([Verdict.Reflected]));
      }
    }
    expect(driver.instance()).toMatchObject({ state: State.Master, transitions });
    expect(driver.instance().statistics.reflected).toBe(4 * SENT_COUNTER_CAPACITY);
  });

  test("an echo of each advertisement, of both families, moves nothing in an hour, nor as BACKUP", () => {
    const driver = new Driver();
    driver.core.setOption(Option.Replay, mode);
    driver.addIn(State.Master, { ...dualHost, advbase: 1 });
    const end = driver.now + 3600n * SECOND;
    let echoed = 0;
    while (driver.now < end) {
      driver.runUntil(driver.core.pollTimeout());
      for (const { kind, bytes } of driver.takeFrames()) {
        if (kind !== FrameKind.Advertisement4 && kind !== FrameKind.Advertisement6) continue;
        expect(driver.receive(bytes)).toEqual([Verdict.Reflected]);
        echoed++;
      }
    }
    expect(echoed).toBeGreaterThan(6000);
    expect(driver.instance(dualHost.vhid).transitions).toBe(2);
  });

  test("as BACKUP, the echo of the time as MASTER restarts no timer", () => {
    const { driver, sent } = masterFor(10);
    driver.core.setOption(Option.Replay, mode);
    driver.do(() => driver.core.setState(0, 1, State.Backup));
    driver.runUntil(driver.now + SECOND);
    const { masterDownDeadlineNs } = driver.instance();
    expect(driver.receive(...sent)).toEqual(sent.map(() => Verdict.Reflected));
    expect(driver.instance().masterDownDeadlineNs).toBe(masterDownDeadlineNs);
  });
});

/** A master that has advertised so often, and what it sent. */
function masterFor(count: number) {
  const driver = new Driver();
  driver.addIn(State.Master);
  const sent: Uint8Array[] = [];
  while (sent.length < count) {
    driver.runUntil(driver.core.pollTimeout());
    for (const { kind, bytes } of driver.takeFrames())
      if (kind === FrameKind.Advertisement4) sent.push(bytes);
  }
  return { driver, sent };
}
