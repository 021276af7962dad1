// The frames that bench/verify.mjs times, each with the verdict that its row claims.
import { randomBytes } from "node:crypto";
import { Verdict } from "../build/assembly/abi.js";
import { composeFrame } from "../build/host/cli/benchframes.js";

export const slotCount = 1024;
const key = Buffer.from("a pass phrase of 19");
const address4 = (index) => Uint8Array.of(192, 168, 1, 50 + index);
const address6 = Uint8Array.from([0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);

const main = { vhid: 1, key, addresses: [address4(0)] };
const eight = Array.from({ length: 8 }, (_, index) => ({
  vhid: 1 + index,
  key,
  addresses: [address4(index)],
}));
const longTails = [12, 13, 14, 15].map((count) => ({
  vhid: 100 + count,
  key,
  addresses: Array.from({ length: count }, (_, index) => address4(index)),
}));
const dual = { vhid: 66, key, addresses: [address4(0), address6] };
const unknown = { vhid: 200, key, addresses: [address4(0)] };

/** Every virtual host that a frame is accepted for. */
export const hosts = [...eight, ...longTails, dual];

/** Frames of one kind: `{name, frames, verdict}`. */
export const workloads = {
  valid: { name: "valid, 70 bytes", frames: make(() => valid(main)), verdict: Verdict.Ok },
  mixed: {
    name: "valid, 8 VHIDs in turn",
    frames: make((index) => valid(eight[index % 8])),
    verdict: Verdict.Ok,
  },
  six: {
    name: "valid over IPv6, 90 bytes (1 + 1 addresses)",
    frames: make(() => valid(dual, { family: 6 })),
    verdict: Verdict.Ok,
  },
  long: {
    name: "valid, tail of two blocks (12 to 15 addresses)",
    frames: make((index) => valid(longTails[index % 4])),
    verdict: Verdict.Ok,
  },
  tag: {
    name: "wrong tag",
    frames: make(() => changed(valid(main), (frame) => swap(frame, 50, 52))),
    verdict: Verdict.BadAuth,
  },
};

/** What is refused before the HMAC, in the order of protocol §3.1. */
export const rejects = {
  etherType: {
    name: "another EtherType",
    frames: make(() => changed(valid(main), (frame) => frame.set([0x08, 0x06], 12))),
    verdict: Verdict.NotCarp,
  },
  protocol: {
    name: "another IP protocol",
    frames: make(() => changed(valid(main), (frame) => frame.set([17], 23))),
    verdict: Verdict.NotCarp,
  },
  ipChecksum: {
    name: "IP header checksum",
    frames: make(() => changed(valid(main), (frame) => flip(frame, 18))),
    verdict: Verdict.BadIpChecksum,
  },
  length: {
    name: "cut short",
    frames: make(() => valid(main).subarray(0, 60)),
    verdict: Verdict.BadLength,
  },
  checksum: {
    name: "CARP checksum",
    frames: make(() => changed(valid(main), (frame) => flip(frame, 45))),
    verdict: Verdict.BadChecksum,
  },
  vhid: { name: "unknown VHID", frames: make(() => valid(unknown)), verdict: Verdict.BadVhid },
  ttl: {
    name: "TTL below 255",
    frames: make(() => valid(main, { timeToLive: 254 })),
    verdict: Verdict.BadTtl,
  },
};

function make(compose) {
  return Array.from({ length: slotCount }, (_, index) => compose(index));
}

function valid(host, parts = {}) {
  return composeFrame(host, { counter: randomBytes(8), ...parts });
}

function changed(frame, change) {
  change(frame);
  return frame;
}

function flip(frame, at) {
  frame[at] ^= 1;
}

/** Exchanges two words of the frame, which no checksum notices. */
function swap(frame, from, to) {
  const word = frame.slice(from, from + 2);
  frame.copyWithin(from, to, to + 2);
  frame.set(word, to);
}
