import { afterEach, describe, expect, test } from "vitest";
import { type Nic, PacketType } from "../../host/nic/nic.ts";
import { openPacketNic } from "../../host/nic/packet.ts";
import { openRawNic } from "../../host/nic/raw.ts";
import { explainLoading } from "../../host/nic/raw-socket.ts";
import { carpFrame } from "../support/frames.ts";
import {
  connect,
  enterNamespace,
  inNamespace,
  interfaceIndex,
  ip,
  namespaceTrouble,
  withNamespaces,
} from "../support/namespace.ts";
import { requireOrSkip } from "../support/require.ts";
import { receiveRing, transmitRing } from "../support/rings.ts";

const opened: Nic[] = [];

afterEach(() => {
  for (const nic of opened.splice(0)) nic.close();
});

/** A raw NIC on `left` and a packet NIC on `right` of a veth pair. */
async function withPair(
  body: (raw: Nic, packet: Nic, namespaces: readonly string[]) => unknown,
): Promise<void> {
  await withNamespaces(2, async (first, second) => {
    connect(first, second);
    ip(`-n ${first} addr add 10.0.0.2/24 dev left`);
    const [left, right] = [interfaceIndex(first, "left"), interfaceIndex(second, "right")];
    const leave = enterNamespace(first);
    let raw: Nic;
    try {
      raw = await openRawNic({ interfaceIndex: left, interfaceName: "left" });
    } finally {
      leave();
    }
    opened.push(raw);
    const packet = inNamespace(second, () =>
      openPacketNic({ interfaceIndex: right, interfaceName: "right", groups: [4] }),
    );
    opened.push(packet);
    await body(raw, packet, [first, second]);
  });
}

describe("the raw NIC", () => {
  test("receives into the ring, below a made-up Ethernet header", async ({ skip }) => {
    requireOrSkip(namespaceTrouble() === undefined, namespaceTrouble() ?? "", skip);
    await withPair(async (raw, packet) => {
      const arrived = new Promise<void>((resolve) => {
        raw.onReadable = resolve;
      });
      const frames = [carpFrame({ vhid: 7 }), carpFrame({ length: 250 })].map(withChecksum);
      packet.send(transmitRing(frames), 0, 2);
      await arrived;
      const { ring, take } = receiveRing(8, 200);
      expect(raw.receive(ring, 2)).toBe(2);
      const received = take();
      expect(received.map(({ wireLength }) => wireLength)).toEqual([70, 250]);
      expect(received.map(({ packetType }) => packetType)).toEqual([
        PacketType.Multicast,
        PacketType.Multicast,
      ]);
      received.forEach(({ bytes }, index) => {
        const expected = frames[index].slice(0, 200);
        expected.fill(0, 6, 12);
        expect(bytes).toEqual(expected);
      });
      expect(raw.receive(ring, 0)).toBe(0);
      expect(raw.lastErrno).toBe(0);
      expect(raw.drops()).toBe(0);
    });
  });

  test("sends the packet as it is composed; what it cannot send counts as sent", async ({ skip }) => {
    requireOrSkip(namespaceTrouble() === undefined, namespaceTrouble() ?? "", skip);
    await withPair(async (raw, packet) => {
      const arp = carpFrame();
      arp.set([0x08, 0x06], 12);
      const wanted = withChecksum(carpFrame({ vhid: 9 }));
      wanted.set([0, 42], 18);
      const frames = [arp, carpFrame({ family: 6, length: 90 }), withChecksum(wanted)];
      expect(raw.send(transmitRing(frames), 0, 3)).toBe(3);
      const { ring, take } = receiveRing();
      expect(packet.receive(ring, 0)).toBe(1);
      const [{ bytes, packetType }] = take();
      expect(packetType).toBe(PacketType.Multicast);
      expect(bytes.subarray(12)).toEqual(frames[2].subarray(12));
      expect(bytes.subarray(0, 6)).toEqual(frames[2].subarray(0, 6));
      expect(raw.receive(ring, 0)).toBe(0);
    });
  });

  test("tells why sending fails, and of an interface that is gone", async ({ skip }) => {
    requireOrSkip(namespaceTrouble() === undefined, namespaceTrouble() ?? "", skip);
    await withPair(async (raw, _packet, [first]) => {
      const transmit = transmitRing([withChecksum(carpFrame())]);
      ip(`-n ${first} link set left down`);
      expect(raw.send(transmit, 0, 1)).toBe(0);
      expect(raw.lastErrno).toBeGreaterThan(0);
      const attempt = openRawNic({ interfaceIndex: 99, interfaceName: "em9" });
      await expect(attempt).rejects.toThrow("opening em9 with raw-socket: No such device: see ip link");
    });
  });
});

/** The frame with the right IPv4 header checksum, without which the kernel drops it. */
function withChecksum(frame: Uint8Array): Uint8Array {
  const result = frame.slice();
  result.set([0, 0], 24);
  let sum = 0;
  for (let offset = 14; offset < 34; offset += 2) sum += (result[offset] << 8) | result[offset + 1];
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  result.set([(~sum >> 8) & 0xff, ~sum & 0xff], 24);
  return result;
}

test.each([
  [
    Object.assign(new Error("Cannot find package 'raw-socket'"), { code: "ERR_MODULE_NOT_FOUND" }),
    "it is not installed): npm install raw-socket, or",
  ],
  [
    new Error("The module 'raw.node'\nwas compiled against … NODE_MODULE_VERSION 115. This …"),
    "it was built for another version of Node): npm rebuild raw-socket, or",
  ],
  [
    new Error("raw.node: cannot open shared object\nsecond line"),
    "raw.node: cannot open shared object): npm",
  ],
])("says why the package does not load, and what to do", (error, text) => {
  expect(explainLoading(error).message).toContain(text);
});
