import { type Nic, PacketType, type ReceiveRing, type TransmitRing } from "./nic.ts";

export interface WireOptions {
  /** How many frames wait for a NIC that does not read; more are dropped and counted. */
  readonly queueLength?: number;
}

export interface PortState {
  /** False cuts the cable: what is sent is lost without an error, and nothing arrives. */
  readonly connected: boolean;
}

/** An Ethernet segment inside the process: what one NIC sends is queued for all the others. */
export interface Wire {
  /**
   * Plugs in a NIC. With a `mac` (six bytes), frames for other unicast addresses have the type OtherHost, as on
   * a hub; without one all unicast is for this host. `onReadable` comes after the sender's turn has ended.
   */
  attach(name: string, mac?: Uint8Array): Nic;
  setPort(name: string, state: PortState): void;
}

const defaultQueueLength = 1024;

/** A wire without anything on it. Several NICs of one name share the port state of that name. */
export function createWire(options: WireOptions = {}): Wire {
  const queueLength = options.queueLength ?? defaultQueueLength;
  const ports = new Set<MemoryNic>();
  const cut = new Set<string>();

  const deliver = (sender: MemoryNic, frame: Uint8Array): void => {
    if (cut.has(sender.port)) return;
    for (const nic of ports) {
      if (nic !== sender && !cut.has(nic.port)) nic.enqueue(frame);
    }
  };

  return {
    attach(name, mac) {
      const nic = new MemoryNic(name, mac, queueLength, deliver, () => ports.delete(nic));
      ports.add(nic);
      return nic;
    },
    setPort(name, { connected }) {
      if (connected) cut.delete(name);
      else cut.add(name);
    },
  };
}

class MemoryNic implements Nic {
  readonly name = "memory";
  readonly descriptor = -1;
  readonly lastErrno = 0;
  readonly port: string;
  onReadable: (() => void) | undefined;
  readonly #mac: Uint8Array | undefined;
  readonly #queueLength: number;
  readonly #deliver: (sender: MemoryNic, frame: Uint8Array) => void;
  readonly #detach: () => void;
  readonly #queue: Uint8Array[] = [];
  #drops = 0;
  #closed = false;
  #announced = false;

  constructor(
    port: string,
    mac: Uint8Array | undefined,
    queueLength: number,
    deliver: (sender: MemoryNic, frame: Uint8Array) => void,
    detach: () => void,
  ) {
    this.port = port;
    this.#mac = mac;
    this.#queueLength = queueLength;
    this.#deliver = deliver;
    this.#detach = detach;
  }

  receive(ring: ReceiveRing, first: number): number {
    const count = Math.min(this.#queue.length, ring.slotCount - first);
    for (let index = 0; index < count; index++) {
      const frame = this.#queue[index];
      const captured = frame.subarray(0, ring.frameCapacity);
      ring.memory.set(captured, ring.frameOffset(first + index));
      ring.describe(first + index, captured.length, frame.length, packetType(frame, this.#mac));
    }
    this.#queue.splice(0, count);
    return count;
  }

  send(ring: TransmitRing, first: number, count: number): number {
    for (let slot = first; slot < first + count; slot++) {
      const offset = ring.frameOffset(slot);
      this.#deliver(this, ring.memory.slice(offset, offset + ring.frameLength(slot)));
    }
    return count;
  }

  drops(): number {
    return this.#drops;
  }

  close(): void {
    this.#closed = true;
    this.#queue.length = 0;
    this.#detach();
  }

  enqueue(frame: Uint8Array): void {
    if (this.#queue.length >= this.#queueLength) {
      this.#drops++;
      return;
    }
    this.#queue.push(frame);
    if (this.#announced) return;
    this.#announced = true;
    queueMicrotask(() => {
      this.#announced = false;
      if (!this.#closed && this.#queue.length > 0) this.onReadable?.();
    });
  }
}

function packetType(frame: Uint8Array, mac: Uint8Array | undefined): PacketType {
  const target = frame.subarray(0, 6);
  if (target.every((byte) => byte === 0xff)) return PacketType.Broadcast;
  if ((target[0] & 1) === 1) return PacketType.Multicast;
  const isOurs = mac === undefined || target.every((byte, index) => byte === mac[index]);
  return isOurs ? PacketType.Host : PacketType.OtherHost;
}
