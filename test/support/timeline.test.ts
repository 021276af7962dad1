import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { nodesOf, parseNetbsdTimeline, parseUcarpLog, readTimeline } from "./timeline.ts";

describe("a NetBSD timeline", () => {
  const timeline = parseNetbsdTimeline(`# x
# t0=1795351005.146877
    0.003   >> start NetBSD a: --ip 192.168.1.3/24 --vip 192.168.1.50/24 --vip 2001:db8::50/64 --vhid 1 --pass testpass --advbase 5 --advskew 100  --preempt
    0.276 ARP op 1 eth b2:0a:69:0b:0e:00>ff:ff:ff:ff:ff:ff
    0.286   ## a: carp0 TRANSITION - -> BACKUP
    5.029   >> start ucarp u: -v 1 -p testpass -a 192.168.1.50 -b 1 -k 7
    6.000   >> a: setstate carp0 backup
    7.000   >> LAN split
   12.029   ## a: terminating: carp interfaces down

--- log of u ---
2026-11-22T12:36:50.207123: [WARNING] Switching to state: BACKUP
2026-11-22T12:36:50.207468: [WARNING] Spawning [vip-down.sh eth0 192.168.1.50]
`);

  it("has its nodes, with the addresses that the kernel took", () => {
    expect(nodesOf(timeline)).toEqual([
      {
        name: "a",
        kind: "NetBSD",
        source: "192.168.1.3",
        addresses: ["192.168.1.50"],
        vhid: 1,
        pass: "testpass",
        advbase: 5,
        advskew: 100,
        preempt: true,
      },
      {
        name: "u",
        kind: "ucarp",
        source: "192.168.1.6",
        addresses: ["192.168.1.50"],
        vhid: 1,
        pass: "testpass",
        advbase: 1,
        advskew: 7,
        preempt: false,
      },
    ]);
  });

  it("has states, actions and ucarp's own log in the order of time", () => {
    const others = timeline.entries.filter(({ kind }) => kind !== "start");
    expect(others).toEqual([
      { seconds: 0.286, kind: "state", node: "a", to: "BACKUP" },
      { seconds: expect.closeTo(5.060246, 6), kind: "state", node: "u", to: "BACKUP" },
      { seconds: 6, kind: "action", node: "a", action: "setstate carp0 backup" },
      { seconds: 7, kind: "action", node: undefined, action: "LAN split" },
      { seconds: 12.029, kind: "action", node: "a", action: "stop" },
    ]);
  });
});

it("a ucarp log has a node for every process, a second run included", () => {
  const start = "ucarp -i eth0 -s 192.168.1.3 -v 2 -p word -a 192.168.1.51 -b 1 -k 3 -f none -z -P  (pid 1)";
  const timeline = parseUcarpLog(`2026-11-22T11:52:23.385119 ACTION start hosta: ${start}
2026-11-22T11:52:23.418950 hosta/vhid2 [WARNING] Switching to state: BACKUP
2026-11-22T11:52:29.888750 ACTION kill -TERM hosta ucarp
2026-11-22T11:52:37.921421 ACTION start hosta: ${start}
2026-11-22T11:52:37.943028 hosta/vhid2 (2nd run) [WARNING] Switching to state: BACKUP
`);
  expect(nodesOf(timeline).map(({ name }) => name)).toEqual(["hosta/vhid2", "hosta/vhid2 (2nd run)"]);
  expect(nodesOf(timeline)[0]).toMatchObject({ source: "192.168.1.3", vhid: 2, advskew: 3, preempt: true });
  expect(timeline.entries[1]).toEqual({
    seconds: expect.closeTo(0.41895, 6),
    kind: "state",
    node: "hosta/vhid2",
    to: "BACKUP",
  });
  expect(timeline.entries[2]).toMatchObject({ kind: "action", action: "kill -TERM hosta ucarp" });
  expect(timeline.entries[4]).toMatchObject({ kind: "state", node: "hosta/vhid2 (2nd run)" });
});

it("a file is read by its ending", () => {
  const folder = fileURLToPath(new URL("../captures", import.meta.url));
  const netbsd = readTimeline(`${folder}/netbsd/nb-05-master-kill9.txt`);
  expect(nodesOf(netbsd).map(({ name }) => name)).toEqual(["a", "b", "a2"]);
  expect(netbsd.startNs).toBe(1795350477187089000n);
  const ucarp = readTimeline(`${folder}/ucarp/f-wrong-password.log`);
  expect(nodesOf(ucarp).map(({ pass }) => pass)).toEqual(["testpass", "wrongpass"]);
});
