import { hmac } from "@noble/hashes/hmac.js";
import { sha1 } from "@noble/hashes/legacy.js";
import { advertisementFrame, digest, internetChecksum } from "../support/frames.ts";

/** What a composer's advertisements have in common. */
export interface Common {
  readonly vhid: number;
  readonly advbase: number;
  readonly key: string;
  readonly addresses: readonly string[];
  readonly source: string;
}

/**
 * Advertisements of one sender over IPv4, as the book has them and fast: the frame is made once, and what differs is put
 * into a copy. The HMAC is noble's, with the constant part hashed once.
 */
export class Composer {
  private readonly template: Uint8Array;
  private readonly keyed;

  constructor(common: Common) {
    this.template = advertisementFrame({ ...common, advskew: 0, counter: 0n, trafficClass: 0x10, family: 4 });
    const hashed = [...common.addresses].map((address) => address.split(".").map(Number)).sort(byBytes);
    this.keyed = hmac.create(sha1, new Uint8Array(Buffer.from(common.key)));
    this.keyed.update(Uint8Array.of(2, 1, common.vhid)).update(Uint8Array.from(hashed.flat()));
    const wanted = digest({ ...common, counter: 7n });
    if (!Buffer.from(this.digest(counterBytes(7n))).equals(wanted)) throw new Error("the digests differ");
  }

  /** A whole frame. */
  compose(advskew: number, demote: number, counter: bigint): Uint8Array {
    const bytes = this.template.slice();
    bytes[36] = advskew;
    bytes[38] = demote;
    bytes.set(counterBytes(counter), 42);
    bytes.set(this.digest(bytes.subarray(42, 50)), 50);
    bytes[40] = 0;
    bytes[41] = 0;
    const sum = internetChecksum(bytes.subarray(34, 70));
    bytes[40] = sum >> 8;
    bytes[41] = sum & 0xff;
    return bytes;
  }

  /** The digest that belongs to the 8 bytes of a counter. */
  digest(counter: Uint8Array): Uint8Array {
    return this.keyed.clone().update(counter).digest();
  }
}

function byBytes(one: readonly number[], other: readonly number[]): number {
  for (let at = 0; at < 4; at++) if (one[at] !== other[at]) return one[at] - other[at];
  return 0;
}

function counterBytes(counter: bigint): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, counter);
  return bytes;
}
