import { describe, expect, test } from "vitest";
import { State, Verdict } from "../../assembly/abi.ts";
import { Driver, peer, SECOND } from "../support/driver.ts";
import { advertisementFrame } from "../support/frames.ts";

/**
 * W8: advbase 0 and advskew 0 say an interval of nothing, which is better than everybody's. It is heard as any other,
 * as OpenBSD means it, and counted; but nothing here is ever due sooner than 1/256 s from now.
 */
const shortest = SECOND / 256n;

describe("W8", () => {
  test("it is accepted and counted over both families", () => {
    const driver = new Driver();
    const addresses = ["192.168.1.50", "2001:db8::50"];
    driver.addIn(State.Backup, { addresses });
    for (const family of [4, 6] as const) {
      const source = family === 4 ? "192.168.1.3" : "fe80::3";
      expect(driver.hear({ addresses, advbase: 0, advskew: 0, family, source })).toBe(Verdict.Ok);
    }
    expect(driver.instance().statistics.zerointervals).toBe(2);
    expect(driver.hear({ addresses, advbase: 0, advskew: 1 })).toBe(Verdict.Ok);
    expect(driver.instance().statistics.zerointervals).toBe(2);
  });

  test.each([State.Master, State.Backup])("nothing becomes due at once in state %i", (state) => {
    for (const advbase of [0, 1, 3]) {
      for (const advskew of [1, 100, 254]) {
        const driver = new Driver();
        driver.addIn(state, { advbase, advskew });
        for (let heard = 0; heard < 100; heard++) {
          driver.hear({ advbase: 0, advskew: 0, counter: BigInt(heard) });
          expect(driver.core.pollTimeout() - driver.now).toBeGreaterThanOrEqual(shortest);
          driver.runUntil(driver.now + shortest / 2n);
        }
        expect(driver.instance().state).toBe(State.Backup);
      }
    }
  });

  test("a flood of them wakes nobody: the timer runs when it would have", () => {
    const driver = new Driver();
    driver.addIn(State.Backup, { advskew: 100 });
    const frame = advertisementFrame({ ...peer, advbase: 0, advskew: 0 });
    driver.receive(...new Array<Uint8Array>(1000).fill(frame));
    const [heardAt, deadline] = [driver.now, driver.core.pollTimeout()];
    expect(deadline - heardAt).toBeGreaterThanOrEqual((339n * SECOND) / 100n);
    driver.runUntil(deadline);
    expect(driver.instance().state).toBe(State.Master);
  });
});
