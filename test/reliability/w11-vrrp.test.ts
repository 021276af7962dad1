import { describe, expect, test } from "vitest";
import { State, Verdict } from "../../assembly/abi.ts";
import { Driver } from "../support/driver.ts";
import { remembered } from "../support/unmoved.ts";
import { vrrp2Frame, vrrp3Frame } from "../support/vrrp.ts";

/**
 * W11: VRRP has CARP's group and protocol number, and VRRPv2 its first byte. With five addresses it has its length, too,
 * and a checksum over the same bytes. The real keepalived is in attacks.network.test.ts.
 */
const list = (count: number): string[] =>
  Array.from({ length: count }, (_, index) => `192.168.1.${100 + index}`);

describe.each([State.Master, State.Backup])("W11, state %i", (state) => {
  test.each([
    [1, Verdict.BadLength, "badlen"],
    [4, Verdict.BadLength, "badlen"],
    [5, Verdict.BadAuth, "badauth"],
    [6, Verdict.BadAuth, "badauth"],
    [20, Verdict.BadAuth, "badauth"],
  ] as const)("VRRPv2 of %i addresses", (count, verdict, counter) => {
    expectUnmoved(state, vrrp2Frame(1, list(count)), verdict, counter);
    expectUnmoved(state, vrrp2Frame(1, list(count), 0), verdict, counter);
    expectUnmoved(state, vrrp2Frame(1, list(count), 255), verdict, counter);
  });

  test.each([1, 6, 7, 20])("VRRPv3 of %i addresses", (count) => {
    expectUnmoved(state, vrrp3Frame(1, list(count)), Verdict.BadVersion, "badver");
    expectUnmoved(state, vrrp3Frame(1, list(count), 255), Verdict.BadVersion, "badver");
  });
});

function expectUnmoved(
  state: State,
  frame: Uint8Array,
  verdict: Verdict,
  counter: "badlen" | "badauth" | "badver",
): void {
  const driver = new Driver();
  driver.addIn(state);
  const before = remembered(driver);
  expect(Verdict[driver.receive(frame)[0]]).toBe(Verdict[verdict]);
  const { statistics } = driver.instance();
  expect(statistics[counter]).toBe(1);
  expect(statistics.vrrp).toBe(1);
  if (verdict !== Verdict.BadAuth) expect(remembered(driver).equals(before)).toBe(true);
  expect(driver.instance()).toMatchObject({ state });
  expect(driver.takeEvents()).toEqual([]);
}
