import { advertisementFrame } from "../support/frames.ts";
import { counterOf, type Frame, frameOf, Truth } from "./frame.ts";
import { type AttackKind, key } from "./plan.ts";
import { Random } from "./random.ts";
import type { Storm } from "./storm.ts";
import { MILLISECOND, SECOND } from "./time.ts";
import type { World } from "./world.ts";

/** How many advertisements it keeps. */
const MEMORY = 256;

/** Attacks that may change nothing, whatever the replay mode: they go on while it is quiet. So does any in strict mode. */
const harmless: readonly AttackKind[] = ["reflect", "flood", "junk"];

/**
 * Somebody on the wire who hears everything, has no key, and sends what was heard: as it was, with other fields that the
 * digest does not cover and a right checksum, back to its sender, or with a wrong digest.
 */
export class Attacker {
  private readonly world: World;
  private readonly storm: Storm;
  private readonly heard: Frame[] = [];
  private readonly made: Frame[] = [];
  private heardCount = 0;
  private readonly streams = new Map<AttackKind, Random>();

  constructor(world: World, storm: Storm) {
    this.world = world;
    this.storm = storm;
    for (const kind of world.plan.attacks)
      this.streams.set(kind, new Random(world.plan.seed, `attack ${kind}`));
  }

  begin(): void {
    if (this.streams.size === 0) return;
    this.world.wire.onFrame = (frame) => this.hear(frame);
    for (const kind of this.streams.keys()) this.next(kind);
  }

  private hear(frame: Frame): void {
    if (frame.truth === Truth.Genuine) this.heard[this.heardCount++ % MEMORY] = frame;
  }

  private next(kind: AttackKind): void {
    const random = this.streams.get(kind)!;
    this.world.after(random.exponential(this.world.plan.faultEveryNs), () => {
      if (this.storm.isRaging || this.isHarmless(kind)) this.attack(kind, random);
      this.next(kind);
    });
  }

  /** Whether it may change nothing now. */
  private isHarmless(kind: AttackKind): boolean {
    return harmless.includes(kind) || this.world.stations.every(({ isStrict }) => isStrict);
  }

  /** One attack: so many frames, one after the other. */
  private attack(kind: AttackKind, random: Random): void {
    this.world.note(`attack ${kind}`);
    this.world.happened(`attack ${kind}`);
    const gap = random.logBetween(5 * MILLISECOND, SECOND);
    const count = random.logBetween(1, 50);
    for (let nth = 0; nth < count; nth++) {
      this.world.after(nth * gap, () => {
        const isHarmless = this.isHarmless(kind);
        if (this.heard.length === 0 || !(isHarmless || this.storm.isRaging)) return;
        // What was sent while it was quiet everybody has heard.
        if (!this.storm.isRaging && !harmless.includes(kind)) {
          this.sendQuietly(kind, random);
          return;
        }
        if (!isHarmless) this.world.disturb(this.world.now + SECOND / 10);
        this.send(kind, random);
      });
    }
  }

  private sendQuietly(kind: AttackKind, random: Random): void {
    const { disturbedAt, convergenceNs } = this.world;
    const known = this.heard.filter(({ sentAt }) => sentAt > disturbedAt + convergenceNs);
    if (known.length > 0) this.send(kind, random, random.pick(known));
  }

  private send(kind: AttackKind, random: Random, frame = this.choose(random)): void {
    const sender = this.world.stations[frame.sender];
    const { wire } = this.world;
    switch (kind) {
      case "replay":
        wire.inject(frameOf(frame.bytes, -1, Truth.Replayed));
        break;
      case "rewrite":
        wire.inject(
          rewritten(frame, random.below(3), random.pick([0, random.below(256)]), random.below(256)),
        );
        break;
      case "bow-out":
        wire.inject(rewritten(frame, 255, 255, random.below(256)));
        break;
      case "reflect":
        if (sender.recognises(frame)) wire.inject({ ...frame, truth: Truth.Replayed }, frame.sender);
        break;
      case "echo":
        wire.inject({ ...frame, truth: Truth.Replayed });
        break;
      case "flood":
        wire.inject(spoiled(frame, 8 + random.below(28), 1 << random.below(8)));
        break;
      case "junk":
        wire.inject(this.someJunk(frame, random));
    }
  }

  private choose(random: Random): Frame {
    const old = random.pick(this.heard);
    return random.chance(0.5) ? old : this.heard[(this.heardCount - 1) % MEMORY];
  }

  /** Made once, sent often. */
  private someJunk(frame: Frame, random: Random): Frame {
    const which = random.below(32);
    this.made[which] ??= this.junk(frame, random);
    return this.made[which];
  }

  /** Shaped as an advertisement, and wrong in one way. */
  private junk(frame: Frame, random: Random): Frame {
    const { vhid, addresses, advbase } = this.world.plan;
    const fields = {
      vhid,
      advbase,
      advskew: 0,
      key,
      addresses,
      counter: counterOf(frame),
      family: familyOf(frame),
    };
    const other = { ...fields, counter: random.bits64() };
    const bytes = random.pick([
      () => advertisementFrame({ ...other, key: "another" }),
      () => advertisementFrame({ ...other, timeToLive: random.below(255) }),
      () => advertisementFrame({ ...other, vhid: (vhid % 255) + 1 }),
      () => advertisementFrame({ ...other, version: 3 }),
      () => broken(advertisementFrame(other), frame.header + 6),
      () => broken(advertisementFrame({ ...other, family: 4 }), 24),
      () => advertisementFrame({ ...other, addresses: [...addresses, "10.0.1.99"] }),
      () => advertisementFrame(other).subarray(0, frame.header + random.below(36)),
    ])();
    return frameOf(bytes, -1, Truth.Forged);
  }
}

/** With one bit wrong. */
function broken(bytes: Uint8Array, at: number): Uint8Array {
  bytes[at] ^= 1;
  return bytes;
}

function familyOf(frame: Frame): 4 | 6 {
  return frame.family === 4 ? 4 : 6;
}

/** The same digest over other fields, from another source, with right checksums. */
export function rewritten(frame: Frame, advbase: number, advskew: number, host: number): Frame {
  const bytes = frame.bytes.slice();
  bytes[frame.header + 2] = advskew;
  bytes[frame.header + 5] = advbase;
  if (frame.family === 4) {
    bytes[29] = host;
    sumInto(bytes, 14, 20, 24);
  } else {
    bytes[37] = host;
  }
  sumInto(bytes, frame.header, 36, frame.header + 6);
  return frameOf(bytes, -1, Truth.Replayed);
}

/** One bit of the counter or the digest is wrong, and the checksum right. */
function spoiled(frame: Frame, at: number, bit: number): Frame {
  const bytes = frame.bytes.slice();
  bytes[frame.header + at] ^= bit;
  sumInto(bytes, frame.header, 36, frame.header + 6);
  return frameOf(bytes, -1, Truth.Forged);
}

/** The Internet checksum (RFC 1071) of `length` bytes, written at `place` within them. */
function sumInto(bytes: Uint8Array, from: number, length: number, place: number): void {
  bytes[place] = 0;
  bytes[place + 1] = 0;
  let sum = 0;
  for (let at = from; at < from + length; at += 2) sum += (bytes[at] << 8) | bytes[at + 1];
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  bytes[place] = (~sum >> 8) & 0xff;
  bytes[place + 1] = ~sum & 0xff;
}
