import { beforeEach, describe, expect, test } from "vitest";
import * as abi from "../../../assembly/abi.ts";
import { decode } from "../../support/decoder.ts";
import { Driver, dualHost as dual, linkedFlags, type VirtualHost } from "../../support/driver.ts";

const own = "02:00:00:00:00:01";

let driver: Driver;
beforeEach(() => {
  driver = new Driver();
});

function decoded(host: VirtualHost) {
  return driver.firstFrames(host).map(({ bytes }) => decode(bytes));
}

describe("the Ethernet header (protocol §1.1)", () => {
  test("without a virtual source MAC they leave with the interface's own", () => {
    driver.setLink(linkedFlags | abi.InterfaceFlag.OwnSourceMac);
    expect(
      decoded(dual)
        .slice(0, 2)
        .map(({ sourceMac }) => sourceMac),
    ).toEqual([own, own]);
  });

  test("every VHID has its virtual MAC, for both families", () => {
    for (let vhid = 1; vhid < 256; vhid++) {
      const macs = decoded({ ...dual, vhid, flags: abi.InstanceFlag.VirtualMac }).map(
        ({ sourceMac }) => sourceMac,
      );
      expect(new Set(macs)).toEqual(new Set([`00:00:5e:00:01:${vhid.toString(16).padStart(2, "0")}`]));
    }
  });
});
