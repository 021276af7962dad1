import { beforeEach, describe, expect, test } from "vitest";
import * as abi from "../../../assembly/abi.ts";
import { decode } from "../../support/decoder.ts";
import { Driver, dualHost as dual, type VirtualHost } from "../../support/driver.ts";

const own = "02:00:00:00:00:01";

let driver: Driver;
beforeEach(() => {
  driver = new Driver();
});

function decoded(host: VirtualHost) {
  return driver.firstFrames(host).map(({ bytes }) => decode(bytes));
}

describe("gratuitous ARP (protocol §8)", () => {
  test.each([
    ["the interface's own MAC", 0, own],
    ["the virtual MAC", abi.InstanceFlag.VirtualMac, "00:00:5e:00:01:07"],
  ])("with %s, one request and one reply for each IPv4 address", (_name, flags, mac) => {
    const arps = decoded({ ...dual, flags }).filter((frame) => frame.kind === "arp");
    const wanted = ["10.0.0.9", "192.0.2.1", "198.51.100.7"].flatMap((address) =>
      [1, 2].map((operation) => ({
        kind: "arp",
        targetMac: "ff:ff:ff:ff:ff:ff",
        sourceMac: mac,
        length: 42,
        hardware: 1,
        protocol: 0x0800,
        operation,
        senderMac: mac,
        sender: address,
        targetHardware: operation === 1 ? "00:00:00:00:00:00" : mac,
        targetAddress: address,
      })),
    );
    expect(arps).toEqual(wanted);
  });
});
