import { ExitCode, OperatorError } from "../errors.ts";
import { EAGAIN, ENETDOWN, EPERM } from "../system/errno.ts";
import { ipMreqn } from "./groups.ts";
import { type Nic, PacketType, type ReceiveRing, type TransmitRing } from "./nic.ts";
import { errnoOf, loadRawSocket, type RawSocket } from "./raw-socket.ts";

const IPPROTO_CARP = 112;
const IPPROTO_IP = 0;
const IP_HDRINCL = 3;
const IP_MULTICAST_IF = 32;
const IP_MULTICAST_TTL = 33;
const IP_MULTICAST_LOOP = 34;
const IP_ADD_MEMBERSHIP = 35;
const SOL_SOCKET = 1;
const SO_BINDTODEVICE = 25;
const SO_RCVBUFFORCE = 33;
const SO_MEMINFO = 55;

const ethernetHeaderLength = 14;
const ipv4HeaderLength = 20;
const ipv4EtherTypeHigh = 0x08;
const dropsOffset = 8 * 4;
const receiveBufferLength = 4 * 1024 * 1024;
const batchSize = 64;

export interface RawNicOptions {
  readonly interfaceIndex: number;
  readonly interfaceName: string;
}

/**
 * Opens the portable back end over the package raw-socket: IPv4 protocol 112 of one interface, on the main
 * thread only. Frames get an Ethernet header that is made up: the group's or no target, no source. Of what is
 * sent, the Ethernet header is left to the kernel; ARP and IPv6, which such a socket cannot send, are taken as
 * sent and go nowhere, so there is no gratuitous ARP and no virtual source MAC. Throws OperatorError.
 */
export async function openRawNic(options: RawNicOptions): Promise<Nic> {
  const { createSocket } = await loadRawSocket();
  let socket: RawSocket;
  try {
    socket = createSocket({ protocol: IPPROTO_CARP, addressFamily: 1, bufferSize: 64 });
  } catch (error) {
    throw explain(error, options.interfaceName);
  }
  try {
    configure(socket, options);
    return new RawNic(socket);
  } catch (error) {
    socket.close();
    throw explain(error, options.interfaceName);
  }
}

function configure(socket: RawSocket, options: RawNicOptions): void {
  const membership = Buffer.from(ipMreqn(options.interfaceIndex));
  const device = Buffer.from(`${options.interfaceName}\0`);
  socket.setOption(SOL_SOCKET, SO_BINDTODEVICE, device, device.length);
  socket.setOption(IPPROTO_IP, IP_HDRINCL, 1);
  socket.setOption(IPPROTO_IP, IP_ADD_MEMBERSHIP, membership, membership.length);
  socket.setOption(IPPROTO_IP, IP_MULTICAST_IF, membership, membership.length);
  socket.setOption(IPPROTO_IP, IP_MULTICAST_TTL, 255);
  socket.setOption(IPPROTO_IP, IP_MULTICAST_LOOP, 0);
  try {
    socket.setOption(SOL_SOCKET, SO_RCVBUFFORCE, receiveBufferLength);
  } catch {
    // Without CAP_NET_ADMIN the system's own buffer length has to do.
  }
}

class RawNic implements Nic {
  readonly name = "raw";
  readonly descriptor = -1;
  lastErrno = 0;
  // The package closes a socket that nobody holds.
  readonly #socket: RawSocket;
  readonly #memoryInformation = Buffer.alloc(64);
  #receiveRing: ReceiveRing | undefined;
  #slots: Buffer[] = [];
  #transmitRing: TransmitRing | undefined;
  #transmitMemory: Buffer = Buffer.alloc(0);
  #onReadable: (() => void) | undefined;
  #drops = 0;
  #length = 0;
  #closed = false;

  constructor(socket: RawSocket) {
    this.#socket = socket;
    socket.on("error", () => this.close());
    socket.wrap.removeAllListeners("recvReady");
    socket.wrap.on("recvReady", () => this.#onReadable?.());
    socket.wrap.pause(true, true);
  }

  get onReadable(): (() => void) | undefined {
    return this.#onReadable;
  }

  /** Without a reader nothing is announced, and what arrives waits in the kernel. */
  set onReadable(reader: (() => void) | undefined) {
    this.#onReadable = reader;
    if (!this.#closed) this.#socket.wrap.pause(reader === undefined, true);
  }

  receive(ring: ReceiveRing, first: number): number {
    if (ring !== this.#receiveRing) this.#adoptReceiveRing(ring);
    this.lastErrno = this.#closed ? ENETDOWN : 0;
    const end = Math.min(ring.slotCount, first + batchSize);
    let slot = first;
    while (slot < end && !this.#closed && this.#receiveInto(this.#slots[slot])) {
      this.#describe(ring, slot);
      slot++;
    }
    return Math.max(slot - first, 0);
  }

  send(ring: TransmitRing, first: number, count: number): number {
    if (ring !== this.#transmitRing) {
      this.#transmitRing = ring;
      this.#transmitMemory = asBuffer(ring.memory);
    }
    // The package would open a new socket, without our options, for what is sent after the end.
    this.lastErrno = this.#closed ? ENETDOWN : 0;
    if (this.#closed) return 0;
    for (let index = 0; index < count; index++) {
      if (!this.#sendOne(ring, first + index)) return index;
    }
    return count;
  }

  drops(): number {
    if (this.#closed) return this.#drops;
    const length = this.#socket.getOption(SOL_SOCKET, SO_MEMINFO, this.#memoryInformation, 64);
    if (length >= dropsOffset + 4) this.#drops = this.#memoryInformation.readUInt32LE(dropsOffset);
    return this.#drops;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#onReadable = undefined;
    this.#socket.close();
  }

  #receiveInto(slot: Buffer): boolean {
    try {
      this.#socket.wrap.recv(slot, (_buffer, length) => {
        this.#length = length;
      });
      return true;
    } catch (error) {
      this.lastErrno = errnoOf(error);
      return false;
    }
  }

  #describe(ring: ReceiveRing, slot: number): void {
    const offset = ring.frameOffset(slot);
    const { memory } = ring;
    const packet = offset + ethernetHeaderLength;
    memory.fill(0, offset, packet);
    memory[offset + 12] = ipv4EtherTypeHigh;
    const isMulticast = memory[packet + 16] >> 4 === 14;
    if (isMulticast) {
      memory.set(
        [0x01, 0x00, 0x5e, memory[packet + 17] & 0x7f, memory[packet + 18], memory[packet + 19]],
        offset,
      );
    }
    // The kernel does not tell the length of a packet that was cut; the packet's own header does.
    const totalLength = (memory[packet + 2] << 8) | memory[packet + 3];
    const wireLength = Math.max(
      this.#length,
      this.#length < ring.frameCapacity - ethernetHeaderLength ? 0 : totalLength,
    );
    const packetType = isMulticast ? PacketType.Multicast : PacketType.Host;
    ring.describe(slot, this.#length + ethernetHeaderLength, wireLength + ethernetHeaderLength, packetType);
  }

  #sendOne(ring: TransmitRing, slot: number): boolean {
    const offset = ring.frameOffset(slot);
    const memory = this.#transmitMemory;
    const length = ring.frameLength(slot) - ethernetHeaderLength;
    const isIpv4 = memory[offset + 12] === ipv4EtherTypeHigh && memory[offset + 13] === 0;
    if (!isIpv4 || length < ipv4HeaderLength) return true;
    const packet = offset + ethernetHeaderLength;
    const target = memory.subarray(packet + 16, packet + 20).join(".");
    try {
      this.#socket.wrap.send(memory, packet, length, target, () => undefined);
      return true;
    } catch (error) {
      this.lastErrno = errnoOf(error) || EAGAIN;
      return false;
    }
  }

  #adoptReceiveRing(ring: ReceiveRing): void {
    const memory = asBuffer(ring.memory);
    this.#slots = Array.from({ length: ring.slotCount }, (_, slot) => {
      const offset = ring.frameOffset(slot);
      return memory.subarray(offset + ethernetHeaderLength, offset + ring.frameCapacity);
    });
    this.#receiveRing = ring;
  }
}

function asBuffer(memory: Uint8Array): Buffer {
  return Buffer.from(memory.buffer, memory.byteOffset, memory.byteLength);
}

function explain(error: unknown, interfaceName: string): unknown {
  if (error instanceof OperatorError) return error;
  const errno = errnoOf(error);
  if (errno === EPERM) {
    return new OperatorError(
      ExitCode.NoPermission,
      `opening ${interfaceName} needs CAP_NET_RAW: run as root, or: setcap cap_net_raw,cap_net_admin+ep ${process.execPath}`,
    );
  }
  const reason = error instanceof Error ? error.message : String(error);
  return new OperatorError(
    ExitCode.Failed,
    `opening ${interfaceName} with raw-socket: ${reason}: see ip link`,
  );
}
