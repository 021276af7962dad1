import { beforeEach, describe, expect, test } from "vitest";
import * as abi from "../../../assembly/abi.ts";
import { decode } from "../../support/decoder.ts";
import { Driver, dualHost as dual, type VirtualHost } from "../../support/driver.ts";
import { addressBytes } from "../../support/frames.ts";

const own = "02:00:00:00:00:01";
const hex = (address: string) => Buffer.from(addressBytes(address)).toString("hex");

let driver: Driver;
beforeEach(() => {
  driver = new Driver();
});

function decoded(host: VirtualHost) {
  return driver.firstFrames(host).map(({ bytes }) => decode(bytes));
}

describe("unsolicited neighbor advertisements (protocol §8)", () => {
  test.each([
    ["the interface's own MAC", 0, own],
    ["the virtual MAC", abi.InstanceFlag.VirtualMac, "00:00:5e:00:01:07"],
  ])("with %s, one neighbor advertisement for each IPv6 address", (_name, flags, mac) => {
    const neighbors = decoded({ ...dual, flags }).filter((frame) => frame.kind === "neighbor");
    const wanted = ["2001:db8::1", "2001:db8::2", "fe80::200:5eff:fe00:107"].map((address) => ({
      kind: "neighbor",
      targetMac: "33:33:00:00:00:01",
      sourceMac: mac,
      length: 86,
      hopLimit: 255,
      source: hex(address),
      target: hex("ff02::1"),
      code: 0,
      flags: 0x20000000,
      announced: hex(address),
      option: `0201${mac.replaceAll(":", "")}`,
      isSealed: true,
    }));
    expect(neighbors).toEqual(wanted);
  });
});
