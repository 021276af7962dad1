import { expect, test } from "vitest";
import { countPackets, formatTable } from "../../host/cli/statustable.ts";
import { nodeStatus, virtualHost } from "../control/support.ts";

const now = Date.parse("2026-11-22T12:01:12.000Z");

test("the table of the operator's guide", () => {
  const status = nodeStatus({
    virtual_hosts: [
      virtualHost({ since: "2026-11-19T12:00:10.000Z" }),
      virtualHost({
        vhid: 2,
        state: "MASTER",
        master: "self",
        since: "2026-11-22T12:00:07.000Z",
        counters: { ipackets: 11, opackets: 67, badauth: 1, badttl: 1 },
      }),
    ],
  });
  expect(formatTable(status, now)).toBe(
    [
      "VHID  IFACE  STATE   ADDRESSES        MASTER       BASE  SKEW       RX  TX  BAD  SINCE",
      "   1  eth0   BACKUP  192.168.1.50/32  192.168.1.3     1   100  259 236   0    0  3d 0h",
      "   2  eth0   MASTER  192.168.1.51/32  self            1   100       11  67    2  1m 5s",
      "preempt off, demotion 0, core simd, I/O packet, up 3d 0h",
      "",
    ].join("\n"),
  );
});

test("what is wrong stands below the table", () => {
  const hosts = [virtualHost({ state: "INIT", master: null, addresses: [], problem: "eth0 is gone" })];
  const [{ name, flags, flag_words, addresses, io }] = nodeStatus({}).interfaces;
  const text = formatTable(
    nodeStatus({
      virtual_hosts: hosts,
      allow: 0,
      lease: false,
      preempt: 1,
      demotion: 240,
      interfaces: [{ name, flags, flag_words, addresses, io, drops: 1200 }],
    }),
    now,
  );
  const lines = text.split("\n");
  expect(lines[1]).toMatch(/^ {3}1 {2}eth0 {3}INIT {3}- {10}-/);
  expect(lines.slice(2, 4)).toEqual([
    "1@eth0: eth0 is gone",
    "allow off, preempt on, demotion 240, core simd, I/O packet, no lease, 1 200 frames dropped, up 3d 0h",
  ]);
});

test("of many addresses there is room for the first", () => {
  const addresses = ["2001:db8::50/64", "192.168.1.50/32", "192.168.1.51/32"];
  expect(formatTable(nodeStatus({ virtual_hosts: [virtualHost({ addresses })] }))).toContain(
    "  2001:db8::50/64 +2  ",
  );
});

test("both families count, and every reason to refuse a packet", () => {
  const counters = {
    ipackets: 1,
    ipackets6: 2,
    opackets: 4,
    opackets6: 8,
    badauth: 16,
    badvhid: 32,
    reflected: 64,
  };
  expect(countPackets(counters)).toEqual({ received: 3, sent: 12, bad: 48 });
});
