import { isIP, SocketAddress } from "node:net";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fromBytes, toBytes } from "../../host/address.ts";
import * as address from "../../host/config/address.ts";

const prefixed = (text: string) => address.parsePrefixed(text)!;

describe("canonical text", () => {
  test.each([
    ["192.0.2.1", "192.0.2.1"],
    ["2001:DB8:0:0:0:0:0:50", "2001:db8::50"],
    ["2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"],
    ["2001:0:0:1:0:0:0:1", "2001:0:0:1::1"],
    ["2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"],
    ["::", "::"],
    ["::1", "::1"],
    ["fe80::", "fe80::"],
    ["::ffff:192.0.2.1", "::ffff:192.0.2.1"],
    ["::ffff:c000:201", "::ffff:192.0.2.1"],
    ["64:ff9b::192.0.2.33", "64:ff9b::c000:221"],
  ])("%s is %s", (text, canonical) => expect(address.parseAddress(text)?.address).toBe(canonical));

  test.each([
    "",
    "192.0.2",
    "192.0.2.256",
    "192.0.2.01",
    "1.2.3.4/32",
    "fe80::1%em0",
    ":::",
    "::g",
    " ::1",
    "em0",
  ])("%j is no address", (text) => expect(address.parseAddress(text)).toBeUndefined());

  test("survives the way through bytes, and means what node:net means", () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (text) => {
        const parsed = address.parseAddress(text)!;
        const family = parsed.family === 4 ? "ipv4" : "ipv6";
        const theirs = new SocketAddress({ address: text, family }).address;
        expect(isIP(parsed.address)).toBe(parsed.family);
        expect(new SocketAddress({ address: parsed.address, family }).address).toBe(theirs);
        expect(address.parseAddress(theirs)).toEqual(parsed);
        expect(fromBytes(toBytes(text))).toBe(parsed.address);
      }),
    );
  });

  test("every 16 bytes have a text that reads back as the same bytes", () => {
    const sparse = fc.array(fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 255 })), {
      minLength: 16,
      maxLength: 16,
    });
    fc.assert(
      fc.property(sparse, (bytes) => {
        const text = fromBytes(Uint8Array.from(bytes));
        expect(Array.from(toBytes(text))).toEqual(bytes);
        expect(address.parseAddress(text)?.address).toBe(text);
      }),
    );
  });

  test("refuses another number of bytes", () => {
    expect(() => fromBytes(new Uint8Array(5))).toThrow(RangeError);
  });
});

test.each([
  ["192.0.2.1/24", { family: 4, address: "192.0.2.1", prefixLength: 24 }],
  ["2001:DB8::1/128", { family: 6, address: "2001:db8::1", prefixLength: 128 }],
  ["192.0.2.1/33", undefined],
  ["2001:db8::1/129", undefined],
  ["192.0.2.1/", undefined],
  ["192.0.2.1/024", undefined],
  ["192.0.2.1", undefined],
  ["/24", undefined],
])("prefixed %s", (text, expected) => expect(address.parsePrefixed(text)).toEqual(expected));

test.each([
  ["255.255.255.0", 24],
  ["255.255.255.255", 32],
  ["0.0.0.0", 0],
  ["0xffffff00", 24],
  ["0xFFFFFFFF", 32],
  ["0x0", 0],
  ["255.0.255.0", undefined],
  ["0.0.0.255", undefined],
  ["24", undefined],
  ["0x1ffffffff", undefined],
  ["ffffff00", undefined],
])("netmask %s", (text, length) => expect(address.parseNetmask(text)).toBe(length));

test("orders by value, IPv4 before IPv6", () => {
  const sorted = ["9.0.0.1", "10.0.0.1", "10.0.1.0", "::1", "fe80::1"];
  const shuffled = [sorted[3], sorted[1], sorted[4], sorted[0], sorted[2]];
  const compare = (left: string, right: string) => address.compareBytes(toBytes(left), toBytes(right));
  expect(shuffled.sort(compare)).toEqual(sorted);
  expect(compare("10.0.0.1", "10.0.0.1")).toBe(0);
});

test.each([
  ["192.168.1.5/24", "192.168.1.50", true],
  ["192.168.1.5/24", "192.168.2.50", false],
  ["192.168.1.5/30", "192.168.1.7", true],
  ["192.168.1.5/30", "192.168.1.8", false],
  ["192.168.1.5/0", "10.0.0.1", true],
  ["192.168.1.5/32", "192.168.1.5", true],
  ["2001:db8::1/63", "2001:db8:0:1::9", true],
  ["2001:db8::1/64", "2001:db8:0:1::9", false],
  ["0.0.0.0/0", "::1", false],
])("the subnet of %s with %s in it: %s", (own, text, expected) =>
  expect(address.subnetContains(prefixed(own), address.parseAddress(text)!)).toBe(expected),
);

test.each([
  ["0.0.0.0/32", "unspecified"],
  ["::/128", "unspecified"],
  ["224.0.0.18/32", "multicast"],
  ["239.255.255.255/32", "multicast"],
  ["ff02::12/128", "multicast"],
  ["255.255.255.255/32", "is the broadcast address"],
  ["192.168.1.255/24", "broadcast address of its subnet"],
  ["192.168.1.3/30", "broadcast address of its subnet"],
  ["127.0.0.1/8", "loopback"],
  ["::1/128", "loopback"],
  ["::ffff:192.0.2.1/128", "IPv4 address in IPv6 form"],
  ["192.168.1.50/0", "prefix length"],
])("%s cannot be virtual: %s", (text, reason) =>
  expect(address.explainUnusable(prefixed(text))).toContain(reason),
);

test.each([
  "192.168.1.50/32",
  "192.168.1.255/32",
  "192.168.1.255/31",
  "192.168.0.255/23",
  "240.0.0.1/32",
  "fe80::50/64",
])("%s can be virtual", (text) => expect(address.explainUnusable(prefixed(text))).toBeUndefined());
