import { describe, expect, test } from "vitest";
import { State, Verdict } from "../../assembly/abi.ts";
import { Driver } from "../support/driver.ts";
import { target } from "../support/malformed.ts";

/**
 * W18: authentic advertisements whose source cannot be another host's. The kernels drop two kinds of these before CARP
 * sees them; a packet socket sees all.
 */
const sources: readonly (readonly [string, 4 | 6, string])[] = [
  ["our own address", 4, "192.168.1.2"],
  ["our own address", 6, "fe80::2"],
  ["loopback", 4, "127.0.0.1"],
  ["loopback", 4, "127.255.255.254"],
  ["loopback", 6, "::1"],
  ["the group", 4, "224.0.0.18"],
  ["another group", 4, "239.255.0.1"],
  ["broadcast", 4, "255.255.255.255"],
  ["the group", 6, "ff02::12"],
  ["a wide group", 6, "ff0e::1"],
  ["nothing", 6, "::"],
];
const virtual = [
  [4, "192.168.1.50"],
  [6, "2001:db8::50"],
] as const;

describe.each([State.Master, State.Backup])("W18, state %i", (state) => {
  test.each(sources)("%s, IPv%i: %s is refused, and moves nothing", (_name, family, source) => {
    const driver = driverIn(state);
    const { masterDownDeadlineNs, transitions } = driver.instance();
    expect(hear(driver, family, source)).toBe(Verdict.BadSource);
    expect(driver.instance()).toMatchObject({ state, transitions, masterDownDeadlineNs });
    expect(driver.instance().statistics.badaddrs).toBe(1);
    expect(driver.takeEvents()).toEqual([]);
  });

  test("0.0.0.0 is what FreeBSD sends from an interface without an address: heard", () => {
    expect(hear(driverIn(state), 4, "0.0.0.0")).toBe(Verdict.Ok);
  });
});

test("W18: the virtual address itself is ours while we are MASTER, and a peer's else, as NetBSD sends it", () => {
  for (const [family, source] of virtual) {
    const master = driverIn(State.Master);
    expect(hear(master, family, source), `MASTER, IPv${family}`).toBe(Verdict.BadSource);
    expect(master.instance().state).toBe(State.Master);
    expect(hear(driverIn(State.Backup), family, source), `BACKUP, IPv${family}`).toBe(Verdict.Ok);
  }
});

function driverIn(state: State): Driver {
  const driver = new Driver();
  driver.addIn(state, { addresses: target.addresses, advskew: 100 });
  return driver;
}

/** The best advertisement there is, from that source. */
function hear(driver: Driver, family: 4 | 6, source: string): Verdict {
  return driver.hear({ addresses: target.addresses, family, source, advbase: 0, advskew: 0 });
}
