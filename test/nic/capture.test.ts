import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { RECEIVE_CAPTURED_LENGTH, RECEIVE_FRAME, RECEIVE_WIRE_LENGTH } from "../../assembly/abi.ts";
import { parsePrefixed } from "../../host/config/address.ts";
import { Core } from "../../host/core/core.ts";
import { createMemoryLink } from "../../host/link/memory.ts";
import { openCaptureNic } from "../../host/nic/capture.ts";
import { encodeCapture, readCapture } from "../../host/nic/pcap.ts";
import { CarpNode } from "../../host/node/node.ts";

const capture = "test/captures/netbsd/nb-01-election-both-start-preempt-off.pcap";

test("a node hears the advertisements of a capture as it would hear a network's", () => {
  const link = createMemoryLink();
  const index = link.addInterface({ name: "eth0", mac: Uint8Array.of(2, 0, 0, 0, 0, 1) });
  link.addForeignAddress(index, { family: 4, address: "192.168.1.9", prefixLength: 24 });
  const nic = openCaptureNic(readFileSync(capture), capture);
  const core = new Core();
  const node = new CarpNode({ core, link, openNic: () => nic, emit: () => {} }, { sourceMac: "virtual" });
  node.start({
    preempt: false,
    ownAddresses: [],
    virtualHosts: [
      {
        interfaceName: "eth0",
        vhid: 1,
        advbase: 1,
        advskew: 200,
        pass: Buffer.from("testpass"),
        addresses: [parsePrefixed("192.168.1.50/24")!],
        virtualMac: false,
        position: { file: capture, line: 1, column: 1 },
      },
    ],
  });
  // All at one moment, two bow-outs among them, of which only one would be believed.
  node.sysctl("replay", 0);
  node.turn();
  const carp = [...readCapture(readFileSync(capture), capture)].filter(
    ({ bytes }) => bytes[12] === 0x08 && bytes[13] === 0 && bytes[23] === 112,
  );
  expect(carp.length).toBeGreaterThan(3);
  expect(core.statistics()).toMatchObject({ ipackets: carp.length, badauth: 0 });
  // The last of them is NetBSD's bow-out, so this node is MASTER, and what it sends is kept.
  expect(node.status().virtual_hosts[0]).toMatchObject({ state: "MASTER", master: "self" });
  const [advertisement] = [...readCapture(nic.sent(), "sent")];
  expect([...advertisement.bytes.subarray(34, 40)]).toEqual([0x21, 1, 200, 7, 0, 1]);
  node.stop();
});

test("a frame that is longer than a slot is cut, and the capture then ends", () => {
  const core = new Core();
  const slots = core.receiveSlots(0);
  const frame = new Uint8Array(400).fill(7);
  const nic = openCaptureNic(encodeCapture([{ timeNs: 0n, bytes: frame }]), "long");
  expect(nic.receive(slots, 0)).toBe(1);
  const view = new DataView(core.memory.buffer, slots.frameOffset(0) - RECEIVE_FRAME);
  expect(view.getUint16(RECEIVE_CAPTURED_LENGTH, true)).toBe(slots.frameCapacity);
  expect(view.getUint16(RECEIVE_WIRE_LENGTH, true)).toBe(400);
  expect(nic.receive(slots, 0)).toBe(0);
});
