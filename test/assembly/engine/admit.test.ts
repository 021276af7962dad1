import { beforeEach, describe, expect, test } from "vitest";
import * as abi from "../../../assembly/abi.ts";
import { Driver, linkedFlags, peer } from "../../support/driver.ts";
import { advertisementFrame } from "../../support/frames.ts";

const { Verdict } = abi;
const addresses = ["192.168.1.50", "2001:db8::1"];

let driver: Driver;
beforeEach(() => {
  driver = new Driver();
});

function hear(source: string): string {
  const family = source.includes(":") ? 6 : 4;
  return Verdict[driver.hear({ addresses, family, source })];
}

describe("sources that nobody else can have", () => {
  test.each([
    ["our own", "192.168.1.2"],
    ["our own, IPv6", "fe80::2"],
    ["loopback", "127.0.0.1"],
    ["loopback, the last", "127.255.255.255"],
    ["loopback, IPv6", "::1"],
    ["multicast", "224.0.0.18"],
    ["broadcast", "255.255.255.255"],
    ["class E", "240.0.0.1"],
    ["multicast, IPv6", "ff02::12"],
    ["unspecified, IPv6", "::"],
  ])("%s (%s) is dropped, counted, and moves nothing", (_name, source) => {
    driver.addIn(abi.State.Backup, { addresses });
    const deadline = driver.instance().masterDownDeadlineNs;
    driver.now += 1000n;
    expect(hear(source)).toBe("BadSource");
    expect(driver.instance()).toMatchObject({ masterDownDeadlineNs: deadline, statistics: { badaddrs: 1 } });
    expect(driver.instance().peer).toBeUndefined();
  });

  test.each([
    "0.0.0.0",
    "192.168.1.3",
    "126.0.0.1",
    "128.0.0.1",
    "223.255.255.255",
    "fe80::3",
    "2001:db8::9",
    "::2",
  ])("%s is heard: FreeBSD without an address sends from the first", (source) => {
    driver.addIn(abi.State.Backup, { addresses });
    expect(hear(source)).toBe("Ok");
  });

  test("a virtual address is dropped by its MASTER, and heard by a BACKUP: some have no other address", () => {
    driver.addIn(abi.State.Backup, { addresses, advskew: 9 });
    for (const address of addresses) expect(hear(address)).toBe("Ok");
    driver.do(() => driver.core.setState(0, 1, abi.State.Master));
    for (const address of addresses) expect(hear(address)).toBe("BadSource");
    expect(driver.instance().state).toBe(abi.State.Master);
  });

  test("an interface without an address has no source of its own", () => {
    driver.core.setInterface(0, {
      flags: linkedFlags,
      mac: new Uint8Array(6),
      source4: new Uint8Array(4),
      source6: new Uint8Array(16),
    });
    driver.addIn(abi.State.Backup, { addresses });
    expect(hear("0.0.0.0")).toBe("Ok");
    expect(hear("192.168.1.2")).toBe("Ok");
  });
});

describe("oddities that are accepted and counted", () => {
  beforeEach(() => driver.addIn(abi.State.Backup));
  const counted = () => {
    const { trailing, oddheaders, zerointervals } = driver.instance().statistics;
    return { trailing, oddheaders, zerointervals };
  };

  test("an ordinary advertisement is none", () => {
    driver.hear();
    driver.hear({ advbase: 0, advskew: 1 });
    expect(counted()).toEqual({ trailing: 0, oddheaders: 0, zerointervals: 0 });
  });

  test("bytes behind the header", () => {
    expect(driver.hear({ trailer: new Uint8Array(4) })).toBe(Verdict.Ok);
    expect(counted()).toEqual({ trailing: 1, oddheaders: 0, zerointervals: 0 });
  });

  test("an interval of nothing", () => {
    expect(driver.hear({ advbase: 0, advskew: 0 })).toBe(Verdict.Ok);
    expect(counted()).toEqual({ trailing: 0, oddheaders: 0, zerointervals: 1 });
  });

  test.each([
    [34, 0x22, "another type"],
    [37, 6, "another authentication length"],
  ])("byte %i as %i: %s", (at, value) => {
    const frame = advertisementFrame(peer);
    const difference = at % 2 === 0 ? (frame[at] - value) * 256 : frame[at] - value;
    frame[at] = value;
    const view = new DataView(frame.buffer, frame.byteOffset);
    view.setUint16(40, (view.getUint16(40) + difference + 0xffff) % 0xffff);
    expect(Verdict[driver.receive(frame)[0]]).toBe("Ok");
    expect(counted()).toEqual({ trailing: 0, oddheaders: 1, zerointervals: 0 });
  });
});
