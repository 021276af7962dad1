import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { type Flags, readFlags } from "../../host/config/flags.ts";
import { showHosts } from "./support.ts";

const folder = mkdtempSync(join(tmpdir(), "carp-flags-"));
afterAll(() => rmSync(folder, { recursive: true }));
const file = (name: string, content: string) => {
  writeFileSync(join(folder, name), content, { mode: 0o600 });
  return join(folder, name);
};
const passFile = file("pass", "testpass\n");
const good: Flags = { interfaceName: "eth0", vhid: "1", passFile, addresses: ["192.168.1.50/32"] };
const messages = (flags: Flags) =>
  readFlags(flags).problems.map(({ severity, message }) => `${severity}: ${message}`);

test("flags say what an ifconfig line says", () => {
  const { configuration, problems } = readFlags({
    ...good,
    ...{ advbase: "2", advskew: "100", preempt: true, replay: "off", virtualMac: true, noLease: true },
    addresses: ["192.168.1.50/32", "2001:DB8::50/64"],
  });
  expect(problems).toEqual([]);
  expect(showHosts(configuration)).toEqual(["1@eth0 2/100 testpass 192.168.1.50/32 2001:db8::50/64"]);
  expect([configuration.preempt, configuration.virtualHosts[0].virtualMac]).toEqual([true, true]);
  expect(configuration.replay).toBe(0);
  expect(configuration.lease).toBe(false);
});

test("the defaults are protocol §9.2's", () => {
  const { configuration } = readFlags(good);
  expect(showHosts(configuration)).toEqual(["1@eth0 1/0 testpass 192.168.1.50/32"]);
  expect([configuration.preempt, configuration.virtualHosts[0].virtualMac]).toEqual([false, false]);
  expect(configuration.lease).toBe(true);
});

describe("mistakes", () => {
  const long = file("long", "123456789012345678901\n");
  test.each<[Partial<Flags>, string[]]>([
    [{ vhid: "0" }, ["error: vhid 0 is out of range 1..255"]],
    [{ vhid: "256" }, ["error: vhid 256 is out of range 1..255"]],
    [{ vhid: undefined }, ["error: --vhid N is missing"]],
    [{ interfaceName: undefined }, ["error: --interface IF is missing"]],
    [{ interfaceName: "a b" }, ["error: a b is not an interface name"]],
    [{ interfaceName: "averylonginterface" }, ["error: averylonginterface is not an interface name"]],
    [{ advbase: "256" }, ["error: advbase 256 is out of range 0..255"]],
    [{ advbase: "0" }, ["error: advbase 0 needs an advskew of 1 or more, which is then the interval"]],
    [{ advskew: "255" }, ["error: advskew 255 is out of range 0..254"]],
    [{ addresses: [] }, ["error: ADDRESS/LENGTH is missing"]],
    [
      { addresses: ["192.168.1.50"] },
      ["error: 192.168.1.50 needs a prefix length, for example 192.168.1.50/32"],
    ],
    [{ addresses: ["::5"] }, ["error: ::5 needs a prefix length, for example ::5/64"]],
    [{ addresses: ["10.0.0.1/33"] }, ["error: prefix length 33 is out of range 0..32"]],
    [{ addresses: ["pass"] }, ["error: pass is not an IP address"]],
    [
      { addresses: ["10.0.0.1/24", "10.0.0.1/32"] },
      ["error: address twice: 10.0.0.1 is already in vhid 1 (command line)"],
    ],
    [
      { addresses: ["224.0.0.18/32"] },
      ["error: 224.0.0.18 is a multicast address and cannot be a virtual address"],
    ],
    [
      { passFile: long },
      [`error: the pass phrase in ${long} is 21 bytes; a CARP pass phrase has at most 20`],
    ],
    [
      { passFile: file("twenty", "12345678901234567890") },
      ["warning: the pass phrase is 20 bytes; FreeBSD's ifconfig uses the first 19 of them"],
    ],
    [
      { passFile: undefined },
      ["error: --pass-file FILE (or --no-pass, where anybody may speak for it) is missing"],
    ],
    [
      { passFile: undefined, noPass: true },
      ["warning: vhid 1 on eth0 has no pass phrase: anyone can speak for it (empty key)"],
    ],
    [{ noPass: true }, ["error: one of --pass-file, --pass-prompt and --no-pass is enough"]],
    [{ passFile: undefined, pass: Uint8Array.of(0x78) }, []],
    [
      { vhid: "x", advskew: "300", addresses: ["10.0.0.1/33", "y"] },
      [
        "error: vhid x is not a decimal number",
        "error: advskew 300 is out of range 0..254",
        "error: prefix length 33 is out of range 0..32",
        "error: y is not an IP address",
      ],
    ],
  ])("%j", (flags, expected) => expect(messages({ ...good, ...flags })).toEqual(expected));
});
