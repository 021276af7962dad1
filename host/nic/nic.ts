/** Where a frame comes from or goes to, as the kernel's packet(7) numbers it. */
export enum PacketType {
  Host = 0,
  Broadcast = 1,
  Multicast = 2,
  OtherHost = 3,
  Outgoing = 4,
}

/**
 * The caller's receive slots. A slot is a descriptor, which `describe` fills, and room for one frame of up to
 * `frameCapacity` bytes at `frameOffset(slot)` in `memory`. The ring never moves, so its address may be kept.
 */
export interface ReceiveRing {
  readonly memory: Uint8Array;
  readonly slotCount: number;
  readonly frameCapacity: number;
  frameOffset(slot: number): number;
  /** `capturedLength` bytes are in the slot; the frame had `wireLength` bytes, without preamble and FCS. */
  describe(slot: number, capturedLength: number, wireLength: number, packetType: PacketType): void;
}

/** The caller's transmit slots: frame `slot` is `frameLength(slot)` bytes at `frameOffset(slot)` in `memory`. */
export interface TransmitRing {
  readonly memory: Uint8Array;
  readonly slotCount: number;
  frameOffset(slot: number): number;
  frameLength(slot: number): number;
}

/**
 * One network interface as a source and sink of Ethernet frames, a batch at a time. The rings belong to the
 * caller; nothing is allocated per frame. No method blocks.
 */
export interface Nic {
  /** The name of the back end, as `carp status` shows it. */
  readonly name: "packet" | "raw" | "memory" | "pcap";
  /** The descriptor to poll for input, or -1 where the back end calls `onReadable` instead. */
  readonly descriptor: number;
  /** Called, where `descriptor` is -1, when frames wait; `receive` until it returns 0. Settable by the owner. */
  onReadable?: (() => void) | undefined;
  /** Fills slots from `first` on and returns how many frames were written (0 when nothing waits). */
  receive(ring: ReceiveRing, first: number): number;
  /**
   * Sends slots `first` to `first + count - 1` in order. Returns how many were sent before the first failure;
   * when that is less than `count`, `lastErrno` tells why the next one failed.
   */
  send(ring: TransmitRing, first: number, count: number): number;
  readonly lastErrno: number;
  /** From now on only frames of these VHIDs need to be received: for a back end that can tell them apart cheaply. */
  setVhids?(vhids: readonly number[]): void;
  /** Frames that the kernel dropped since the NIC was opened because nobody read them in time. */
  drops(): number;
  close(): void;
}
