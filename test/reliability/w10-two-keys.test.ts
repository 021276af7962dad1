import { describe, expect, test } from "vitest";
import { State } from "../../assembly/abi.ts";
import { Driver, SECOND } from "../support/driver.ts";
import { Segment } from "../support/segment.ts";

/**
 * W10: two clusters with one VHID and two pass phrases on one LAN. Neither moves the other, ever; both are told, since
 * they have one virtual MAC between them.
 */
describe("W10, two pairs, one VHID, two keys", () => {
  test("ten minutes: each elects its own master, and nothing changes after that", () => {
    const drivers = ["testpass", "testpass", "otherpass", "otherpass"].map((key, index) => {
      const driver = new Driver();
      driver.addIn(State.Init, { key, advskew: 50 * (index % 2), entropy: BigInt(index + 7) << 33n });
      return driver;
    });
    const segment = new Segment(drivers);
    segment.runUntil(segment.nowNs + 5n * SECOND);
    const states = () => drivers.map((driver) => driver.instance().state);
    const elected = [State.Master, State.Backup, State.Master, State.Backup];
    expect(states()).toEqual(elected);
    const transitions = drivers.map((driver) => driver.instance().transitions);
    for (const driver of drivers) driver.takeEvents();
    segment.runUntil(segment.nowNs + 600n * SECOND);
    expect(states()).toEqual(elected);
    expect(drivers.map((driver) => driver.instance().transitions)).toEqual(transitions);
    for (const driver of drivers) {
      const { badauth, conflicts, replaysuspects } = driver.instance().statistics;
      expect(badauth).toBeGreaterThanOrEqual(600);
      expect(conflicts).toBeGreaterThanOrEqual(1);
      expect(replaysuspects).toBe(0);
      const notices = driver.takeEvents().filter(({ kind }) => kind === "notice");
      expect(notices.length).toBeGreaterThanOrEqual(1);
      expect(notices.length).toBeLessThanOrEqual(61);
    }
  });
});
