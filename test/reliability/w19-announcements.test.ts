import { expect, test } from "vitest";
import { FrameKind, State, Verdict } from "../../assembly/abi.ts";
import { clockCounter } from "../support/attacker.ts";
import { Driver, SECOND } from "../support/driver.ts";

/**
 * W19: ucarp answers every worse advertisement with a gratuitous ARP, so a few bytes make it shout at every host of the
 * LAN. Here a master announces an address at most once a second.
 */
test("W19: a thousand worse advertisements a second, for ten seconds, with eight addresses", () => {
  const addresses = Array.from({ length: 8 }, (_, index) => `192.168.1.${50 + index}`);
  const driver = new Driver();
  driver.addIn(State.Master, { addresses });
  driver.runUntil(driver.now + 5n * SECOND);
  driver.takeFrames();
  const begun = driver.now;
  for (let tick = 1n; tick <= 10_000n; tick++) {
    driver.runUntil(begun + (tick * SECOND) / 1000n);
    const counter = clockCounter(driver.now, Number(tick % 65_536n));
    expect(driver.hear({ addresses, advskew: 200, counter })).toBe(Verdict.Ok);
  }
  const announced = driver.takeFrames().filter(({ kind }) => kind === FrameKind.ArpRequest);
  for (const address of addresses) {
    const times = announced.filter(({ bytes }) => bytes.subarray(28, 32).join(".") === address);
    expect(times.length).toBeGreaterThanOrEqual(9);
    expect(times.length).toBeLessThanOrEqual(11);
    const gaps = times.slice(1).map(({ timeNs }, index) => timeNs - times[index].timeNs);
    expect(gaps.every((gap) => gap >= SECOND - SECOND / 100n)).toBe(true);
  }
  expect(driver.instance()).toMatchObject({ state: State.Master, transitions: 2 });
});
