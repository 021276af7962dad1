import { allocate, type NativeMemory } from "./memory.ts";

const mmsghdrLength = 64;
const nameOffset = 0;
const nameLengthOffset = 8;
const vectorOffset = 16;
const vectorCountOffset = 24;
const messageLengthOffset = 56;

const iovecLength = 16;
const baseOffset = 0;
const lengthOffset = 8;

const sockaddrLlLength = 20;
const packetTypeOffset = 10;

/**
 * The table of recvmmsg(2) and sendmmsg(2): one message, one piece of memory each and, where `named`, room for
 * a link-layer address. It is laid out once; a call passes the address of the first message it means.
 */
export class MessageTable {
  readonly #headers: NativeMemory;
  readonly #vectors: NativeMemory;
  readonly #names: NativeMemory | undefined;
  readonly #addresses: bigint[] = [];

  constructor(count: number, named: boolean) {
    this.#headers = allocate(mmsghdrLength * count);
    this.#vectors = allocate(iovecLength * count);
    this.#names = named ? allocate(sockaddrLlLength * count) : undefined;
    for (let index = 0; index < count; index++) this.#layOut(index);
  }

  /** The address of message `index`. */
  address(index: number): bigint {
    return this.#addresses[index];
  }

  /** Message `index` is `length` bytes at the native address `base`. */
  point(index: number, base: bigint, length: number): void {
    this.#vectors.view.setBigUint64(iovecLength * index + baseOffset, base, true);
    this.resize(index, length);
  }

  /** Message `index` stays where it is and has `length` bytes. */
  resize(index: number, length: number): void {
    this.#vectors.view.setUint32(iovecLength * index + lengthOffset, length, true);
  }

  /** The length that the kernel reported for message `index`. */
  messageLength(index: number): number {
    return this.#headers.view.getUint32(mmsghdrLength * index + messageLengthOffset, true);
  }

  /** The packet type (packet(7)) in the address of message `index`; the table must be `named`. */
  packetType(index: number): number {
    return this.#names!.bytes[sockaddrLlLength * index + packetTypeOffset];
  }

  #layOut(index: number): void {
    const header = mmsghdrLength * index;
    const { view } = this.#headers;
    if (this.#names !== undefined) {
      view.setBigUint64(header + nameOffset, this.#names.address + BigInt(sockaddrLlLength * index), true);
      view.setUint32(header + nameLengthOffset, sockaddrLlLength, true);
    }
    view.setBigUint64(header + vectorOffset, this.#vectors.address + BigInt(iovecLength * index), true);
    view.setUint32(header + vectorCountOffset, 1, true);
    this.#addresses.push(this.#headers.address + BigInt(header));
  }
}
