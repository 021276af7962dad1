import { ExitCode, OperatorError, SystemError } from "../errors.ts";
import { EACCES, EINTR, ENODEV, ENXIO, EPERM } from "../system/errno.ts";
import { libc } from "../system/libc.ts";
import { allocate, nativeMemory } from "../system/memory.ts";
import { MessageTable } from "../system/messages.ts";
import * as socket from "../system/socket.ts";
import { carpFilter, encodeFilter } from "./filter.ts";
import { ipv4GroupMac, ipv6GroupMac, joinGroup } from "./groups.ts";
import type { Nic, ReceiveRing, TransmitRing } from "./nic.ts";
import { PacketMessages } from "./packet-messages.ts";
import { type FrameSource, openPacketRing, openPacketRingAside } from "./packet-ring.ts";

const SOL_PACKET = 263;
const PACKET_ADD_MEMBERSHIP = 1;
const PACKET_STATISTICS = 6;
const PACKET_IGNORE_OUTGOING = 23;
const PACKET_MR_MULTICAST = 0;
const ETH_P_ALL = 3;

export interface PacketNicOptions {
  readonly interfaceIndex: number;
  /** For messages to the operator. */
  readonly interfaceName: string;
  /** The families whose CARP group is joined. Frames of both are received either way. */
  readonly groups: readonly (4 | 6)[];
  /** How frames are taken in: by the kernel's ring, which is the default where it gives one, or by recvmmsg. */
  readonly receiveBy?: "ring" | "messages";
  /** A socket that was made before; without it, one is made now. */
  readonly socket?: ReadySocket;
}

/** A packet socket that lacks nothing but its interface. */
export interface ReadySocket {
  readonly descriptor: number;
  readonly source: FrameSource;
}

/**
 * Makes up to `count` sockets side by side: one after the other, each ring would hold up the start by some ten
 * milliseconds. Fewer where something is missing, a privilege say: whoever opens a NIC then hears of it.
 */
export async function prepareSockets(count: number): Promise<ReadySocket[]> {
  const descriptors: number[] = [];
  try {
    while (descriptors.length < count) descriptors.push(openFilteredSocket());
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
  }
  const sockets = await Promise.all(descriptors.map(makeReady));
  return sockets.filter((ready) => ready !== undefined);
}

/** What fails here fails again, and is told, where the NIC is opened. */
async function makeReady(descriptor: number): Promise<ReadySocket | undefined> {
  try {
    return { descriptor, source: (await openPacketRingAside(descriptor)) ?? new PacketMessages(descriptor) };
  } catch {
    socket.closeSocket(descriptor);
    return undefined;
  }
}

/** For those that nobody needed. */
export function closeSockets(sockets: readonly ReadySocket[]): void {
  for (const { descriptor, source } of sockets) {
    source.close();
    socket.closeSocket(descriptor);
  }
}

/**
 * Opens an AF_PACKET socket on an interface. It receives untagged CARP frames of others, and sends any frame.
 * An interface that is down can be opened; frames flow when it comes up. After `receive` has returned 0,
 * `lastErrno` tells whether there was nothing (0) or trouble (ENETDOWN when the interface went down or away).
 * Throws OperatorError without the privilege or the interface, and SystemError for the unforeseen.
 */
export function openPacketNic(options: PacketNicOptions): Nic {
  try {
    return new PacketNic(options);
  } catch (error) {
    throw explain(error, options.interfaceName);
  }
}

class PacketNic implements Nic {
  readonly name = "packet";
  readonly descriptor: number;
  lastErrno = 0;
  readonly #memberships: number[] = [];
  readonly #statistics = allocate(8);
  readonly #statisticsLength = allocate(4);
  #drops = 0;
  #closed = false;
  #source: FrameSource | undefined;
  #transmitRing: TransmitRing | undefined;
  #transmitTable = new MessageTable(0, false);

  constructor(options: PacketNicOptions) {
    const { interfaceIndex, groups } = options;
    this.descriptor = options.socket?.descriptor ?? openFilteredSocket();
    try {
      this.#source = options.socket?.source;
      if (options.receiveBy !== "messages") this.#source ??= openPacketRing(this.descriptor);
      this.#source ??= new PacketMessages(this.descriptor);
      socket.bindSocket(this.descriptor, sockaddrLl(interfaceIndex));
      for (const family of groups) this.#join(family, interfaceIndex);
    } catch (error) {
      this.close();
      throw error;
    }
  }

  setVhids(vhids: readonly number[]): void {
    socket.attachFilter(this.descriptor, encodeFilter(carpFilter(vhids)));
  }

  receive(ring: ReceiveRing, first: number): number {
    if (this.#closed || this.#source === undefined) return 0;
    const count = this.#source.receive(ring, first);
    this.lastErrno = this.#source.lastErrno;
    return count;
  }

  /** With a count of 0 the call is made all the same, and sends nothing. */
  send(ring: TransmitRing, first: number, count: number): number {
    if (ring !== this.#transmitRing) this.#adoptTransmitRing(ring);
    this.lastErrno = 0;
    for (let slot = first; slot < first + count; slot++) {
      this.#transmitTable.resize(slot, ring.frameLength(slot));
    }
    let sent = 0;
    do {
      const address = this.#transmitTable.address(first + sent);
      const result = libc().sendmmsg(this.descriptor, address, count - sent, socket.MSG_DONTWAIT);
      if (result < 0) {
        const errno = libc().errno();
        if (errno === EINTR) continue;
        this.lastErrno = errno;
        return sent;
      }
      sent += result;
    } while (sent < count);
    return sent;
  }

  drops(): number {
    if (this.#closed) return this.#drops;
    this.#statisticsLength.view.setUint32(0, 8, true);
    const { address } = this.#statistics;
    const length = this.#statisticsLength.address;
    if (libc().getsockopt(this.descriptor, SOL_PACKET, PACKET_STATISTICS, address, length) === 0) {
      // The kernel's count starts anew at each reading.
      this.#drops += this.#statistics.view.getUint32(4, true);
    }
    return this.#drops;
  }

  close(): void {
    if (this.#closed) return;
    this.drops();
    this.#closed = true;
    this.#source?.close();
    for (const descriptor of this.#memberships) socket.closeSocket(descriptor);
    socket.closeSocket(this.descriptor);
  }

  #join(family: 4 | 6, interfaceIndex: number): void {
    const value = packetMreq(interfaceIndex, family === 4 ? ipv4GroupMac : ipv6GroupMac);
    socket.setOption(this.descriptor, SOL_PACKET, PACKET_ADD_MEMBERSHIP, value, "PACKET_ADD_MEMBERSHIP");
    try {
      this.#memberships.push(joinGroup(family, interfaceIndex));
    } catch (error) {
      // The Ethernet membership above suffices to receive; only the reports to switches are missing where the
      // family is turned off on this interface or in this kernel.
      if (!(error instanceof SystemError)) throw error;
    }
  }

  #adoptTransmitRing(ring: TransmitRing): void {
    const { address } = nativeMemory(ring.memory);
    this.#transmitTable = new MessageTable(ring.slotCount, false);
    for (let slot = 0; slot < ring.slotCount; slot++) {
      this.#transmitTable.point(slot, address + BigInt(ring.frameOffset(slot)), 0);
    }
    this.#transmitRing = ring;
  }
}

/** Protocol 0 receives nothing: no unfiltered frame is queued before the filter is there and bind starts it. */
function openFilteredSocket(): number {
  const descriptor = socket.openSocket(socket.AF_PACKET, socket.SOCK_RAW | socket.SOCK_NONBLOCK, 0);
  try {
    socket.attachFilter(descriptor, encodeFilter(carpFilter()));
    socket.setOption(descriptor, SOL_PACKET, PACKET_IGNORE_OUTGOING, 1, "PACKET_IGNORE_OUTGOING");
    return descriptor;
  } catch (error) {
    socket.closeSocket(descriptor);
    throw error;
  }
}

/** struct sockaddr_ll for every protocol on the interface. */
function sockaddrLl(interfaceIndex: number): Uint8Array {
  const bytes = new Uint8Array(20);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, socket.AF_PACKET, true);
  view.setUint16(2, ETH_P_ALL, false);
  view.setInt32(4, interfaceIndex, true);
  return bytes;
}

/** struct packet_mreq for a multicast address of six bytes. */
function packetMreq(interfaceIndex: number, mac: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(16);
  const view = new DataView(bytes.buffer);
  view.setInt32(0, interfaceIndex, true);
  view.setUint16(4, PACKET_MR_MULTICAST, true);
  view.setUint16(6, mac.length, true);
  bytes.set(mac, 8);
  return bytes;
}

function explain(error: unknown, interfaceName: string): unknown {
  if (!(error instanceof SystemError)) return error;
  if (error.errno === EPERM || error.errno === EACCES) {
    return new OperatorError(
      ExitCode.NoPermission,
      `opening ${interfaceName} needs CAP_NET_RAW and CAP_NET_ADMIN: run as root, or: ` +
        `setcap cap_net_raw,cap_net_admin+ep ${process.execPath}`,
    );
  }
  if (error.errno === ENODEV || error.errno === ENXIO) {
    return new OperatorError(ExitCode.Failed, `interface ${interfaceName} is gone: see ip link`);
  }
  return error;
}
