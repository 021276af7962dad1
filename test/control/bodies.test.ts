import { expect, test } from "vitest";
import { readChange, readSysctlName, readSysctlValue } from "../../host/control/bodies.ts";

test("what is left out of a change stays out", () => {
  expect(readChange("eth0", "7", {})).toEqual({ interface: "eth0", vhid: 7 });
});

test.each([
  ["0", {}, "vhid is out of range 1..255"],
  ["256", {}, "vhid is out of range 1..255"],
  ["1e1", {}, "vhid is out of range 1..255"],
  ["1", [], "the request is not a JSON object"],
  ["1", null, "the request is not a JSON object"],
  ["1", { advskwe: 1 }, "advskwe: unknown key"],
  ["1", { advbase: 0 }, "advbase is out of range 1..255"],
  ["1", { advskew: 255 }, "advskew is out of range 0..254"],
  ["1", { advskew: 1.5 }, "advskew is out of range 0..254"],
  ["1", { advskew: "1" }, "advskew is out of range 0..254"],
  ["1", { pass_hex: "00".repeat(21) }, "pass_hex is not the hexadecimal digits of at most 20 bytes"],
  ["1", { pass_hex: "0" }, "pass_hex is not the hexadecimal digits of at most 20 bytes"],
  ["1", { state: "backup" }, "state is not one of INIT, BACKUP, MASTER"],
  ["1", { addresses: ["192.168.1.1"] }, "an address is not ADDRESS/LENGTH"],
  ["1", { addresses: Array(129).fill("10.0.0.1/8") }, "addresses is not a list of at most 128"],
  ["1", { remove: 1 }, "remove is not true or false"],
])("vhid %s with %j: %s", (vhid, body, message) => {
  expect(() => readChange("eth0", vhid, body)).toThrow(message);
});

test("a sysctl is known by its whole name, and its value is a number in its range", () => {
  expect(readSysctlName("net.inet.carp.ifdown_demotion_factor")).toBe("ifdown_demotion_factor");
  expect(() => readSysctlName("preempt")).toThrow("did you mean net.inet.carp.preempt?");
  expect(readSysctlValue("net.inet.carp.demotion", { value: -240 })).toBe(-240);
  for (const value of [2, 0.5, "1", null, undefined])
    expect(() => readSysctlValue("net.inet.carp.preempt", { value })).toThrow();
});
