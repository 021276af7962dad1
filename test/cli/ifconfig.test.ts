import { expect, test } from "vitest";
import { formatInterfaces } from "../../host/cli/ifconfig.ts";
import { nodeStatus, serve, virtualHost } from "../control/support.ts";
import { run } from "./support.ts";

test("the output of FreeBSD's ifconfig", () => {
  const status = nodeStatus({
    virtual_hosts: [
      virtualHost({}),
      virtualHost({
        vhid: 2,
        state: "MASTER",
        addresses: ["192.168.1.51/32", "2001:db8::51/64"],
        advskew: 0,
      }),
      virtualHost({ vhid: 3, interface: "eth1" }),
    ],
  });
  expect(formatInterfaces(status, undefined)).toBe(
    [
      "eth0: flags=4163<UP,BROADCAST,RUNNING,MULTICAST>",
      "\tinet 192.168.1.5/24",
      "\tinet 192.168.1.51/32 vhid 2",
      "\tinet6 2001:db8::51/64 vhid 2",
      "\tcarp: BACKUP vhid 1 advbase 1 advskew 100",
      "\t      peer 224.0.0.18 peer6 ff02::12",
      "\tcarp: MASTER vhid 2 advbase 1 advskew 0",
      "\t      peer 224.0.0.18 peer6 ff02::12",
      "",
    ].join("\n"),
  );
});

test("an interface, or a vhid without other words, is shown and not changed", async () => {
  const { path, node } = await serve();
  const { code, out } = await run(["ifconfig", "--socket", path, "eth0"]);
  expect([code, out.split("\n")[0]]).toEqual([0, "eth0: flags=4163<UP,BROADCAST,RUNNING,MULTICAST>"]);
  expect((await run(["ifconfig", "--socket", path, "eth0", "vhid", "1"])).out).toBe(out);
  expect(node.changes).toEqual([]);
});

test.each([
  ["eth0 vhid 1 state backup", { state: "BACKUP" }],
  ["eth0 vhid 1 state MASTER", { state: "MASTER" }],
  ["eth0 vhid 1 advbase 2 advskew 0", { advbase: 2, advskew: 0 }],
  ["eth0 vhid 1 pass testpass", { pass_hex: "7465737470617373" }],
  ["eth0 inet 10.0.0.1/24 vhid 1 alias", { addresses: ["10.0.0.1/24"] }],
  ["eth0 vhid 1 10.0.0.1/24 -alias", { addresses: ["10.0.0.1/24"], remove: true }],
  ["eth0 inet6 2001:DB8::1 prefixlen 64 vhid 1", { addresses: ["2001:db8::1/64"] }],
])("carp ifconfig %s", async (words, change) => {
  const { path, node } = await serve();
  expect(await run(["ifconfig", "--socket", path, ...words.split(" ")])).toEqual({
    code: 0,
    out: "",
    err: "",
  });
  expect(node.changes).toEqual([{ interface: "eth0", vhid: 1, ...change }]);
});

test.each([
  ["eth0 vhid 0 state backup", 2, "carp: vhid 0 is out of range 1..255\n"],
  ["eth0 vhid 1 advskew 255", 2, "carp: advskew 255 is out of range 0..254\n"],
  ["eth0 advskew 10", 2, "carp: advskew needs a vhid on the same line\n"],
  ["eth0 vhid 1 stat backup", 2, expect.stringContaining("did you mean state?")],
  ["eth0 vhid 1 up", 2, "carp: up is not for a virtual host: use ip link set IF up\n"],
  ["eth0 vhid 1 -alias", 2, "carp: name the address that is to go: ADDRESS -alias\n"],
  ["eth0 10.0.0.1/24", 2, "carp: name the virtual host: carp ifconfig IF vhid N …\n"],
  ["eth9", 1, "carp: the node has no interface eth9; it has eth0\n"],
])("carp ifconfig %s is refused and changes nothing", async (words, code, err) => {
  const { path, node } = await serve();
  expect(await run(["ifconfig", "--socket", path, ...words.split(" ")])).toEqual({ code, out: "", err });
  expect(node.changes).toEqual([]);
});

test("a pass phrase that is too long is not repeated", async () => {
  const { path } = await serve();
  const pass = "x".repeat(21);
  const { code, err } = await run(["ifconfig", "--socket", path, "eth0", "vhid", "1", "pass", pass]);
  expect(code).toBe(2);
  expect(err).not.toContain(pass);
});
