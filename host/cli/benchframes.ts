import { createHmac } from "node:crypto";
import { InterfaceFlag } from "../../assembly/abi.ts";
import type { Core } from "../core/core.ts";
import type { ReceiveSlots } from "../core/rings.ts";
import { PacketType } from "../nic/nic.ts";

/** A virtual host of the benchmarks. */
export interface BenchHost {
  readonly vhid: number;
  /** 0..20 bytes. */
  readonly key: Uint8Array;
  /** 4 or 16 bytes each, the IPv4 ones first, each family ascending. */
  readonly addresses: readonly Uint8Array[];
}

/** What of a frame is not as in every other. */
export interface FrameParts {
  /** 8 bytes. */
  readonly counter: Uint8Array;
  /** The transport; left out, it is that of the first address. */
  readonly family?: 4 | 6;
  readonly timeToLive?: number;
}

/** Where the frames of the benchmarks come in. */
export const benchInterface = 0;

/** What a digest covers before the counter: 02 01, VHID, addresses (protocol §2.1). */
export function prefixOf({ vhid, addresses }: BenchHost): Uint8Array {
  return new Uint8Array(Buffer.concat([Uint8Array.of(2, 1, vhid), ...addresses]));
}

/** An advertisement by the book (protocol §1), on node:crypto: Ethernet, IPv4 or IPv6, CARP; 70 or 90 bytes. */
export function composeFrame(host: BenchHost, parts: FrameParts): Uint8Array {
  const { counter, timeToLive = 255 } = parts;
  const family = parts.family ?? (host.addresses[0].length === 4 ? 4 : 6);
  const header = new Uint8Array(36);
  header.set([0x21, host.vhid, 0, 7, 0, 1], 0);
  header.set(counter, 8);
  header.set(createHmac("sha1", host.key).update(prefixOf(host)).update(counter).digest(), 16);
  put16(header, 6, internetChecksum(header));
  const source = [0, 0, 0x5e, 0, 1, host.vhid];
  const frame =
    family === 4
      ? [[1, 0, 0x5e, 0, 0, 0x12], source, [0x08, 0x00], ipv4Header(timeToLive), header]
      : [[0x33, 0x33, 0, 0, 0, 0x12], source, [0x86, 0xdd], ipv6Header(timeToLive), header];
  return new Uint8Array(Buffer.concat(frame.map((part) => Uint8Array.from(part))));
}

/** Has the core run these virtual hosts; it is reset. */
export function setUp(core: Core, hosts: readonly BenchHost[]): ReceiveSlots {
  core.reset(0n, 0);
  core.setInterface(benchInterface, {
    flags: InterfaceFlag.Up | InterfaceFlag.Carrier,
    mac: Uint8Array.of(2, 0, 0, 0, 0, 1),
    source4: Uint8Array.of(192, 168, 1, 4),
    source6: new Uint8Array(16),
  });
  for (const { vhid, key, addresses } of hosts) {
    core.setVirtualHost(benchInterface, vhid, { key });
    core.setAddresses(benchInterface, vhid, addresses);
  }
  return core.receiveSlots(benchInterface);
}

/** Fills the slots from the first on. */
export function fillSlots(slots: ReceiveSlots, frames: readonly Uint8Array[]): void {
  for (const [slot, frame] of frames.entries()) slots.write(slot, frame, frame.length, PacketType.Multicast);
}

/** RFC 1071: the value to store; of an even number of bytes. */
export function internetChecksum(bytes: Uint8Array): number {
  let sum = 0;
  for (let at = 0; at < bytes.length; at += 2) sum += bytes[at] * 256 + bytes[at + 1];
  sum = (sum & 0xffff) + (sum >>> 16);
  return 0xffff - ((sum & 0xffff) + (sum >>> 16));
}

function ipv4Header(timeToLive: number): Uint8Array {
  const header = Uint8Array.of(
    0x45,
    0xe0,
    0,
    56,
    0,
    0,
    0x40,
    0,
    timeToLive,
    112,
    0,
    0,
    192,
    168,
    1,
    3,
    224,
    0,
    0,
    18,
  );
  put16(header, 10, internetChecksum(header));
  return header;
}

function ipv6Header(timeToLive: number): Uint8Array {
  const header = new Uint8Array(40);
  header.set([0x6e, 0, 0, 0, 0, 36, 112, timeToLive, 0xfe, 0x80]);
  header[23] = 3;
  header.set([0xff, 0x02], 24);
  header[39] = 0x12;
  return header;
}

function put16(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >> 8;
  bytes[at + 1] = value & 0xff;
}
