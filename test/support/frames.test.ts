import { describe, expect, test } from "vitest";
import { type Advertisement, advertisementFrame, internetChecksum, resealed } from "./frames.ts";

const worked: Record<string, [Advertisement, string]> = {
  "A, one IPv4 address": [
    {
      vhid: 1,
      advbase: 1,
      advskew: 100,
      key: "testpass",
      addresses: ["192.168.1.50"],
      counter: 0x0123456789abcdefn,
      source: "192.168.1.3",
    },
    "01005e00001200005e000101080045e0003800004000ff70d8b7c0a80103e00000122101640700012b450123456789abcdef8a28722b250012cc264dc3ff6044f75668e5d29d",
  ],
  "B, dual stack over IPv6": [
    {
      vhid: 7,
      advbase: 1,
      advskew: 0,
      key: "mekmitasdigoat",
      addresses: [
        "198.51.100.7",
        "10.0.0.9",
        "192.0.2.1",
        "2001:db8::2",
        "fe80::200:5eff:fe00:107",
        "2001:db8::1",
      ],
      counter: 0xfedcba9876543210n,
      family: 6,
      source: "fe80::a:b:c:d",
    },
    "33330000001200005e00010786dd6e000000002470fffe80000000000000000a000b000c000dff0200000000000000000000000000122107000700016070fedcba9876543210b26250253392f9706c3f6fa628a6592158ee367f",
  ],
  "E, ucarp": [
    {
      vhid: 42,
      advbase: 1,
      advskew: 100,
      key: "love",
      addresses: ["10.1.1.252"],
      counter: 0x1122334455667788n,
      source: "10.1.1.1",
      trafficClass: 0x10,
      identity: 0xbeef,
      sourceMac: Uint8Array.of(0, 0, 0x5e, 0, 0, 42),
    },
    "01005e00001200005e00002a080045100038beef4000ff70d1410a010101e0000012212a64070001979711223344556677885f637efbaac36f618aae429a4225fb5a7ad353c0",
  ],
};

describe("the builder of frames", () => {
  test.each(Object.entries(worked))(
    "gives the worked example %s (protocol §2.4)",
    (_name, [fields, frame]) => {
      expect(Buffer.from(advertisementFrame(fields)).toString("hex")).toBe(frame);
    },
  );

  test("an odd last byte is the high half of its word", () => {
    expect(internetChecksum(Uint8Array.of(0x12, 0x34, 0x56))).toBe(0xffff - 0x6834);
  });

  test.each(Object.values(worked))("resealing an intact frame changes nothing", (fields) => {
    const frame = advertisementFrame(fields);
    expect(resealed(frame)).toEqual(frame);
    const damaged = Uint8Array.from(frame);
    damaged[frame.length - 30] ^= 0xff;
    damaged[frame.length - 21] ^= 0xff;
    expect(resealed(damaged)).not.toEqual(damaged);
  });
});
