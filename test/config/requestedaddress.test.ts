import { expect, test } from "vitest";
import { looksLikeAddress, readAddressWord } from "../../host/config/requestedaddress.ts";
import { splitWords } from "../../host/config/words.ts";
import { placed } from "./support.ts";

const read = (text: string) => {
  const result = readAddressWord(splitWords(placed(text), "f")[0]);
  if ("severity" in result) return `${result.position.column}+${result.length} ${result.message}`;
  const addresses = result.addresses.map(({ address }) => address).join(" ");
  return result.prefixLength === undefined ? addresses : `${addresses} /${result.prefixLength}`;
};

test.each([
  ["192.168.1.50", "192.168.1.50"],
  ["192.168.1.50/32", "192.168.1.50 /32"],
  ["2001:DB8::50/64", "2001:db8::50 /64"],
  ["192.168.1.50-53/32", "192.168.1.50 192.168.1.51 192.168.1.52 192.168.1.53 /32"],
  ["192.168.1.50-50", "192.168.1.50"],
  ["2001:db8::9-b/64", "2001:db8::9 2001:db8::a 2001:db8::b /64"],
  ["2001:db8::fe-101/64", "2001:db8::fe 2001:db8::ff 2001:db8::100 2001:db8::101 /64"],
  ["192.168.1.500/32", "1+16 192.168.1.500 is not an IP address"],
  ["fe80::1%em0/64", "1+14 fe80::1%em0 is not an IP address: a zone (after the %) is not taken"],
  ["192.168.1.50/33", "14+2 prefix length 33 is out of range 0..32"],
  ["2001:db8::50/129", "14+3 prefix length 129 is out of range 0..128"],
  ["192.168.1.50/", "13+1 prefix length (nothing) is out of range 0..32"],
  ["192.168.1.50/24/8", "14+4 prefix length 24/8 is out of range 0..32"],
  ["192.168.1.50/x", "14+1 prefix length x is out of range 0..32"],
  ["192.168.1.53-50/32", "1+18 192.168.1.53-50 is not a range: the number after the - is the last one"],
  ["192.168.1.250-256/32", "1+20 192.168.1.250-256 is not a range: the number after the - is the last one"],
  ["192.168.1.1-65/32", "1+17 a range of 65 addresses is too long: at most 64"],
])("%s", (text, expected) => expect(read(text)).toBe(expected));

test.each([
  ["192.168.1.50/32", true, true],
  ["2001:db8::1", true, true],
  ["192.168.1.500/32", true, true],
  ["10", true, false],
  ["10.0", true, false],
  ["fe80:", true, false],
  ["vhid", false, false],
  ["a", false, false],
])("%s looks like an address: %s, and behind a pass phrase: %s", (text, loosely, strictly) => {
  expect([looksLikeAddress(text), looksLikeAddress(text, true)]).toEqual([loosely, strictly]);
});
