import { expect, test } from "vitest";
import { readOwnAddresses } from "../../host/config/ownaddresses.ts";
import { argumentWords } from "../../host/config/words.ts";

test.each([
  ["inet 192.168.1.3 netmask 255.255.255.0", ["192.168.1.3/24"]],
  ["192.168.1.3 netmask 0xffff0000 mtu 9000", ["192.168.1.3/16"]],
  ["inet 192.168.1.3/25 alias", ["192.168.1.3/25"]],
  ["inet 192.168.1.3-5/25", ["192.168.1.3/25", "192.168.1.4/25", "192.168.1.5/25"]],
  ["inet alias 10.1.1.1", ["10.1.1.1/8"]],
  ["inet 172.16.0.1", ["172.16.0.1/16"]],
  ["inet 192.168.1.3", ["192.168.1.3/24"]],
  ["inet6 2001:DB8::3 prefixlen 48", ["2001:db8::3/48"]],
  ["inet6 2001:db8::3", ["2001:db8::3/64"]],
  ["inet6 2001:db8::3 prefixlen 999", ["2001:db8::3/64"]],
  ["inet 192.168.1.3/24 broadcast 192.168.1.255", ["192.168.1.3/24"]],
  ["WPA SYNCDHCP", []],
  ["DHCP", []],
  ["inet 300.0.0.1/24", []],
  ["inet $address", []],
  ["", []],
])("%s", (text, expected) => {
  const own = readOwnAddresses(argumentWords(text.split(" ")));
  expect(own.map(({ address }) => `${address.address}/${address.prefixLength}`)).toEqual(expected);
});
