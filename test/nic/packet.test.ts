import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Nic, PacketType } from "../../host/nic/nic.ts";
import { closeSockets, openPacketNic, type PacketNicOptions, prepareSockets } from "../../host/nic/packet.ts";
import { carpFrame, tagged } from "../support/frames.ts";
import {
  connect,
  inNamespace,
  interfaceIndex,
  ip,
  namespaceTrouble,
  withNamespaces,
} from "../support/namespace.ts";
import { requireOrSkip } from "../support/require.ts";
import { receiveRing, transmitRing } from "../support/rings.ts";

const ENETDOWN = 100;

const opened: Nic[] = [];

afterEach(() => {
  for (const nic of opened.splice(0)) nic.close();
});

type ReceiveBy = PacketNicOptions["receiveBy"];
let receiveBy: ReceiveBy;

function open(namespace: string, interfaceName: string): Nic {
  const index = interfaceIndex(namespace, interfaceName);
  const nic = inNamespace(namespace, () =>
    openPacketNic({ interfaceIndex: index, interfaceName, groups: [4, 6], receiveBy }),
  );
  opened.push(nic);
  return nic;
}

function sendAll(nic: Nic, frames: readonly Uint8Array[]): void {
  expect(nic.send(transmitRing(frames), 0, frames.length)).toBe(frames.length);
}

describe.for<ReceiveBy>(["ring", "messages"])("the packet NIC by %s", (way) => {
  beforeEach(() => {
    receiveBy = way;
  });

  test("hands a frame to the other end, with its lengths and type, and never its own", async ({ skip }) => {
    requireOrSkip(namespaceTrouble() === undefined, namespaceTrouble() ?? "", skip);
    await withNamespaces(2, (first, second) => {
      connect(first, second);
      const [left, right] = [open(first, "left"), open(second, "right")];
      const frames = [
        carpFrame({ vhid: 7 }),
        carpFrame({ family: 6, length: 90 }),
        carpFrame({ length: 250, target: "broadcast" }),
        carpFrame({ length: 220, target: "other" }),
      ];
      sendAll(left, frames);
      const { ring, take } = receiveRing(8, 200);
      expect(right.receive(ring, 3)).toBe(4);
      const received = take();
      expect(received.map((frame) => frame.wireLength)).toEqual([70, 90, 250, 220]);
      expect(received.map((frame) => frame.packetType)).toEqual([
        PacketType.Multicast,
        PacketType.Multicast,
        PacketType.Broadcast,
        PacketType.OtherHost,
      ]);
      received.forEach((frame, index) => {
        expect(frame.bytes).toEqual(frames[index].subarray(0, 200));
      });
      expect(right.receive(ring, 0)).toBe(0);
      expect(right.lastErrno).toBe(0);
      expect(left.receive(ring, 0)).toBe(0);
      expect([left.drops(), right.drops()]).toEqual([0, 0]);
    });
  });

  test("works the same on a socket that was made before", async ({ skip }) => {
    requireOrSkip(namespaceTrouble() === undefined, namespaceTrouble() ?? "", skip);
    await withNamespaces(2, async (first, second) => {
      connect(first, second);
      const left = open(first, "left");
      const sockets = await inNamespace(second, () => prepareSockets(3));
      expect(sockets.length).toBe(3);
      const [socket, ...others] = sockets;
      const index = interfaceIndex(second, "right");
      const right = openPacketNic({ interfaceIndex: index, interfaceName: "right", groups: [4, 6], socket });
      opened.push(right);
      closeSockets(others);
      sendAll(left, [carpFrame({ vhid: 7 }), tagged(carpFrame(), 5)]);
      const { ring, take } = receiveRing();
      expect(right.receive(ring, 0)).toBe(1);
      expect(take()[0].bytes).toEqual(carpFrame({ vhid: 7 }));
    });
  });

  test("refuses tagged frames and other protocols in the kernel", async ({ skip }) => {
    requireOrSkip(namespaceTrouble() === undefined, namespaceTrouble() ?? "", skip);
    await withNamespaces(2, (first, second) => {
      connect(first, second);
      const [left, right] = [open(first, "left"), open(second, "right")];
      const udp = carpFrame();
      udp[23] = 17;
      const udp6 = carpFrame({ family: 6, length: 90 });
      udp6[20] = 17;
      const arp = carpFrame();
      arp.set([0x08, 0x06], 12);
      const wanted = carpFrame({ vhid: 9 });
      sendAll(left, [
        tagged(carpFrame(), 5),
        tagged(carpFrame(), 0),
        tagged(tagged(carpFrame(), 6), 5),
        tagged(carpFrame({ family: 6, length: 90 }), 5),
        udp,
        udp6,
        arp,
        wanted,
      ]);
      const { ring, take } = receiveRing();
      expect(right.receive(ring, 0)).toBe(1);
      expect(take()[0].bytes).toEqual(wanted);
    });
  });

  test("receives a burst of 5,000 frames, or counts what the kernel dropped", async ({ skip }) => {
    requireOrSkip(namespaceTrouble() === undefined, namespaceTrouble() ?? "", skip);
    await withNamespaces(2, async (first, second) => {
      connect(first, second);
      const [left, right] = [open(first, "left"), open(second, "right")];
      const burst = Array.from({ length: 500 }, (_, index) => carpFrame({ vhid: index % 256 }));
      const transmit = transmitRing(burst);
      for (let round = 0; round < 10; round++) expect(left.send(transmit, 0, 500)).toBe(500);
      await new Promise((resolve) => setTimeout(resolve, 20));
      const { ring, take } = receiveRing(64);
      const vhids: number[] = [];
      for (let count = 1; count > 0; ) {
        count = right.receive(ring, 0);
        for (const { bytes } of take()) vhids.push(bytes[11]);
      }
      expect(vhids.length + right.drops()).toBe(5000);
      expect(vhids.length).toBeGreaterThan(3000);
      expect(vhids).toEqual(Array.from(vhids, (_, index) => (index % 500) % 256));
      expect(right.drops()).toBe(5000 - vhids.length);
    });
  });

  test("tells of an interface that goes down, comes back and goes away, and throws nothing", async ({
    skip,
  }) => {
    requireOrSkip(namespaceTrouble() === undefined, namespaceTrouble() ?? "", skip);
    await withNamespaces(2, (first, second) => {
      connect(first, second);
      const [left, right] = [open(first, "left"), open(second, "right")];
      const { ring } = receiveRing();
      const transmit = transmitRing([carpFrame(), carpFrame()]);
      ip(`-n ${second} link set right down`);
      expect(right.receive(ring, 0)).toBe(0);
      expect(right.lastErrno).toBe(ENETDOWN);
      expect(right.send(transmit, 0, 2)).toBe(0);
      expect(right.lastErrno).toBe(ENETDOWN);
      ip(`-n ${second} link set right up`);
      expect(left.send(transmit, 0, 2)).toBe(2);
      expect(right.receive(ring, 0)).toBe(2);
      ip(`-n ${second} link del right`);
      expect(right.receive(ring, 0)).toBe(0);
      expect(right.lastErrno).toBe(ENETDOWN);
      expect(right.send(transmit, 0, 2)).toBe(0);
      expect(right.lastErrno).toBeGreaterThan(0);
    });
  });

  test("opens an interface that is down, where IPv6 is off, and leaves no descriptor behind", async ({
    skip,
  }) => {
    requireOrSkip(namespaceTrouble() === undefined, namespaceTrouble() ?? "", skip);
    await withNamespaces(2, (first, second) => {
      connect(first, second);
      ip(`-n ${first} link set left down`);
      inNamespace(first, () => writeFileSync("/proc/sys/net/ipv6/conf/left/disable_ipv6", "1"));
      const descriptors = () => readdirSync("/proc/self/fd").length;
      const mappings = () => readFileSync("/proc/self/maps", "utf8").match(/socket:/g)?.length ?? 0;
      open(first, "left").close();
      const before = descriptors();
      for (let round = 0; round < 50; round++) open(first, "left").close();
      expect(descriptors()).toBe(before);
      expect(mappings()).toBe(0);
    });
  });

  test("goes round its ring without losing, doubling or changing the order of a frame", async ({ skip }) => {
    requireOrSkip(namespaceTrouble() === undefined, namespaceTrouble() ?? "", skip);
    await withNamespaces(2, (first, second) => {
      connect(first, second);
      const [left, right] = [open(first, "left"), open(second, "right")];
      const { ring, take } = receiveRing(1024, 288);
      let number = 0;
      for (let round = 0; round < 30; round++) {
        const frames = Array.from({ length: 700 }, (_, index) => numbered(number + index));
        sendAll(left, frames);
        let count = 0;
        for (let read = -1; read !== 0; count += read) read = right.receive(ring, count);
        expect(Buffer.concat(take().map(({ bytes }) => bytes)).equals(Buffer.concat(frames))).toBe(true);
        number += count;
      }
      expect(number).toBe(21_000);
      expect(right.drops()).toBe(0);
    });
  });

  test("receives nothing after it was closed", async ({ skip }) => {
    requireOrSkip(namespaceTrouble() === undefined, namespaceTrouble() ?? "", skip);
    await withNamespaces(2, (first, second) => {
      connect(first, second);
      const [left, right] = [open(first, "left"), open(second, "right")];
      sendAll(left, [carpFrame(), carpFrame()]);
      const { ring } = receiveRing();
      right.close();
      right.close();
      expect(right.receive(ring, 0)).toBe(0);
    });
  });

  test("takes frames of the VHIDs that it is told, and of others from the moment that it is told", async ({
    skip,
  }) => {
    requireOrSkip(namespaceTrouble() === undefined, namespaceTrouble() ?? "", skip);
    await withNamespaces(2, (first, second) => {
      connect(first, second);
      const [left, right] = [open(first, "left"), open(second, "right")];
      const { ring, take } = receiveRing(512);
      const everyVhid = Array.from({ length: 256 }, (_, vhid) => carpFrame({ vhid }));
      for (const vhids of [
        [],
        [7],
        [0],
        [255],
        [1, 2, 3, 200],
        [1, 3, 5, 7],
        everyOddNumber(),
        everyNumber(),
      ]) {
        right.setVhids?.(vhids);
        sendAll(left, everyVhid);
        let count = 0;
        for (let read = -1; read !== 0; count += read) read = right.receive(ring, count);
        expect(take().map(({ bytes }) => bytes[35])).toEqual(vhids);
      }
      expect(right.drops()).toBe(0);
    });
  });

  test("joins the IPv4 group so that the kernel reports it", async ({ skip }) => {
    requireOrSkip(namespaceTrouble() === undefined, namespaceTrouble() ?? "", skip);
    await withNamespaces(2, (first, second) => {
      connect(first, second);
      const nic = open(first, "left");
      const memberships = () => ip(`-n ${first} maddress show dev left`);
      expect(memberships()).toContain("224.0.0.18");
      expect(memberships()).toContain("ff02::12");
      expect(memberships()).toContain("01:00:5e:00:00:12");
      nic.close();
      expect(memberships()).not.toContain("224.0.0.18");
    });
  });

  test("says that an interface is gone", async ({ skip }) => {
    requireOrSkip(namespaceTrouble() === undefined, namespaceTrouble() ?? "", skip);
    await withNamespaces(1, (name) => {
      const attempt = () =>
        inNamespace(name, () => openPacketNic({ interfaceIndex: 99, interfaceName: "em9", groups: [4] }));
      expect(attempt).toThrow("interface em9 is gone");
    });
  });
});

/** An advertisement's frame that bears a number, of a length that differs from one to the next. */
function numbered(number: number): Uint8Array {
  const frame = carpFrame({ length: 70 + (number % 50) });
  new DataView(frame.buffer).setUint32(50, number);
  return frame;
}

function everyNumber(): number[] {
  return Array.from({ length: 256 }, (_, vhid) => vhid);
}

function everyOddNumber(): number[] {
  return everyNumber().filter((vhid) => vhid % 2 === 1);
}
