import { expect, test } from "vitest";
import { State, Verdict } from "../../assembly/abi.ts";
import { Driver } from "../support/driver.ts";
import { target } from "../support/malformed.ts";
import { remembered } from "../support/unmoved.ts";

/** W9: what came through a router has a TTL below 255. Authentic or not, it is refused and counted. */
test.each([0, 1, 2, 63, 64, 128, 253, 254])("W9: TTL and hop limit %i", (timeToLive) => {
  for (const state of [State.Master, State.Backup]) {
    const driver = new Driver();
    driver.addIn(state, { addresses: target.addresses });
    const before = remembered(driver);
    for (const [family, source] of [
      [4, "192.168.1.3"],
      [6, "fe80::3"],
    ] as const) {
      const fields = { addresses: target.addresses, family, source, advbase: 0, advskew: 0 };
      expect(driver.hear({ ...fields, timeToLive })).toBe(Verdict.BadTtl);
    }
    expect(driver.instance().statistics.badttl).toBe(2);
    expect(remembered(driver).equals(before)).toBe(true);
    expect(driver.takeEvents()).toEqual([]);
  }
});
