import { createHmac, createSecretKey, timingSafeEqual } from "node:crypto";
import { Verdict } from "../../assembly/abi.ts";
import { type BenchHost, internetChecksum, prefixOf } from "./benchframes.ts";

/** HMAC-SHA1 with a key that was given before: the digest of a message. */
export type Hmac = (message: Uint8Array) => Uint8Array;

/**
 * The path as one writes it in JavaScript: the checks of protocol §3.1 for IPv4 and IPv6 advertisements, then an
 * HMAC of somebody else's making. It is what the core is held against.
 */
export class JavaScriptVerifier {
  private readonly hosts = new Map<
    number,
    { families: readonly number[]; message: Uint8Array; hmac: Hmac }
  >();

  constructor(hosts: readonly BenchHost[], keyed: (key: Uint8Array) => Hmac) {
    for (const host of hosts) {
      const message = new Uint8Array(Buffer.concat([prefixOf(host), new Uint8Array(8)]));
      const families = host.addresses.map(({ length }) => (length === 4 ? 4 : 6));
      this.hosts.set(host.vhid, { families, message, hmac: keyed(host.key) });
    }
  }

  /** The verdict on one Ethernet frame. */
  verify(frame: Uint8Array): Verdict {
    if (frame.length < 14) return Verdict.NotCarp;
    const type = (frame[12] << 8) | frame[13];
    if (type === 0x0800) return this.verifyIpv4(frame);
    return type === 0x86dd ? this.verifyIpv6(frame) : Verdict.NotCarp;
  }

  private verifyIpv4(frame: Uint8Array): Verdict {
    const length = (frame[14] & 15) * 4;
    if (frame.length < 34 || frame[14] >> 4 !== 4 || length < 20 || frame.length < 14 + length)
      return Verdict.NotCarp;
    if (frame[23] !== 112) return Verdict.NotCarp;
    if (internetChecksum(frame.subarray(14, 14 + length)) !== 0) return Verdict.BadIpChecksum;
    if ((((frame[20] << 8) | frame[21]) & 0x3fff) !== 0) return Verdict.Fragment;
    const total = (frame[16] << 8) | frame[17];
    if (total < length) return Verdict.NotCarp;
    return this.verifyCarp(frame, 14 + length, total - length, 4, frame[22]);
  }

  private verifyIpv6(frame: Uint8Array): Verdict {
    if (frame.length < 54 || frame[14] >> 4 !== 6 || frame[20] !== 112) return Verdict.NotCarp;
    return this.verifyCarp(frame, 54, (frame[18] << 8) | frame[19], 6, frame[21]);
  }

  private verifyCarp(
    frame: Uint8Array,
    at: number,
    payload: number,
    family: number,
    hopLimit: number,
  ): Verdict {
    if (payload > frame.length - at || payload < 8) return Verdict.BadLength;
    const version = frame[at] >> 4;
    if (version !== 2 && version !== 3) return Verdict.BadVersion;
    if (version === 2) {
      if (payload < 36) return Verdict.BadLength;
      if (internetChecksum(frame.subarray(at, at + (family === 4 ? payload : 36))) !== 0)
        return Verdict.BadChecksum;
    }
    const host = this.hosts.get(frame[at + 1]);
    if (host === undefined || !host.families.includes(family)) return Verdict.BadVhid;
    if (version !== 2) return Verdict.BadVersion;
    if (hopLimit !== 255) return Verdict.BadTtl;
    host.message.set(frame.subarray(at + 8, at + 16), host.message.length - 8);
    const isAuthentic = timingSafeEqual(host.hmac(host.message), frame.subarray(at + 16, at + 36));
    return isAuthentic ? Verdict.Ok : Verdict.BadAuth;
  }
}

/** HMAC-SHA1 by node:crypto. */
export function nodeCryptoHmac(key: Uint8Array): Hmac {
  const secret = createSecretKey(key);
  return (message) => createHmac("sha1", secret).update(message).digest();
}
