/** Takes a pcap file in whatever pieces it comes and hands on packet after packet. */
export class PcapReader {
  readonly #onPacket: (at: number, packet: Buffer) => void;
  #waiting: Buffer = Buffer.alloc(0);
  #isBegun = false;

  /** `onPacket` gets the time in milliseconds since the epoch and the captured bytes. */
  constructor(onPacket: (at: number, packet: Buffer) => void) {
    this.#onPacket = onPacket;
  }

  /** Throws when the stream does not begin as a little-endian pcap file with microseconds. */
  push(chunk: Buffer): void {
    this.#waiting = this.#waiting.length === 0 ? chunk : Buffer.concat([this.#waiting, chunk]);
    if (!this.#isBegun) {
      if (this.#waiting.length < fileHeaderLength) return;
      if (this.#waiting.readUInt32LE(0) !== microsecondMagic) throw new Error("not a pcap stream");
      this.#waiting = this.#waiting.subarray(fileHeaderLength);
      this.#isBegun = true;
    }
    while (this.#waiting.length >= recordHeaderLength) {
      const end = recordHeaderLength + this.#waiting.readUInt32LE(8);
      if (this.#waiting.length < end) return;
      const at = this.#waiting.readUInt32LE(0) * 1000 + this.#waiting.readUInt32LE(4) / 1000;
      this.#onPacket(at, this.#waiting.subarray(recordHeaderLength, end));
      this.#waiting = this.#waiting.subarray(end);
    }
  }
}

const fileHeaderLength = 24;
const recordHeaderLength = 16;
const microsecondMagic = 0xa1b2c3d4;
