import { beforeEach, describe, expect, test } from "vitest";
import { FrameKind, InterfaceFlag, Option, State } from "../../assembly/abi.ts";
import { canRun, type Variant } from "../../host/core/load.ts";
import { requireOrSkip } from "../support/require.ts";
import { Chance } from "./chance.ts";
import { anyAddresses } from "./nodes.ts";
import { composeAdvertisement, type ReferenceHost } from "./reference.ts";
import { Subject } from "./subject.ts";

/** Every advertisement that the core composes is byte for byte what the reference composes. */

const START = 1_000_000_000_000n;
const utcMs = 1_700_000_000_000;

function anyHost(chance: Chance): ReferenceHost {
  const addresses = anyAddresses(chance, chance.pick([1, 5, 30]));
  if (addresses.length === 0) addresses.push(chance.bytes(4));
  const vhid = chance.between(1, 255);
  return { interfaceIndex: 0, vhid, key: chance.bytes(chance.below(21)), addresses };
}

/** The counter that the clock gives: UTC as 32.32 fixed point seconds, its low 16 bits the tag (protocol §4). */
function counterAt(nowNs: bigint, tag: bigint): Uint8Array {
  const utcNs = BigInt(utcMs) * 1_000_000n + nowNs - START;
  const fixed = (utcNs << 32n) / 1_000_000_000n;
  const counter = ((fixed >> 16n) << 16n) | tag;
  return Uint8Array.from(Buffer.from(counter.toString(16).padStart(16, "0"), "hex"));
}

describe.each<Variant>(["simd", "baseline"])("the %s build composes as the reference does", (variant) => {
  let subject: Subject;
  beforeEach(({ skip }) => {
    requireOrSkip(canRun(variant), `this processor cannot run the ${variant} build`, skip);
    subject ??= new Subject(variant);
  });

  test("for virtual hosts of every kind, at any time, first on becoming MASTER and then as a bow-out", () => {
    for (let seed = 1; seed <= 150; seed++) {
      const chance = new Chance(seed);
      const { core } = subject;
      const host = anyHost(chance);
      const [advbase, advskew, dscp] = [chance.between(1, 255), chance.below(241), chance.below(64)];
      const link = { mac: chance.bytes(6), source4: chance.bytes(4), source6: chance.bytes(16) };
      const ownMac = chance.once(2);
      const linked = InterfaceFlag.Up | InterfaceFlag.Carrier;
      subject.setUp({ allow: true, interfaces: [0], hosts: [] });
      core.setInterface(0, { ...link, flags: linked | (ownMac ? InterfaceFlag.OwnSourceMac : 0) });
      core.setOption(Option.Dscp, dscp);
      subject.add(host);
      core.setVirtualHost(0, host.vhid, { advbase, advskew });
      const now = START + BigInt(chance.next()) * 7_919n;
      const sourceMac = ownMac ? link.mac : Uint8Array.of(0, 0, 0x5e, 0, 1, host.vhid);
      const tag = ((0x1234_5678_9abc_def0n + (BigInt(host.vhid) << 48n)) >> 48n) & 0xffffn;
      const families = [4, 16].filter((length) =>
        host.addresses.some((address) => address.length === length),
      );
      const expected = (base: number, skew: number, nowNs: bigint, sent: number) =>
        families.map((length, at) => {
          const source = length === 4 ? link.source4 : link.source6;
          const announced = { advbase: base, advskew: skew, dscp, source, sourceMac };
          const counter = counterAt(nowNs, tag);
          // One that would repeat the last, since no time has passed, is a step above it.
          const step = BigInt(`0x${Buffer.from(counter).toString("hex")}`) + 0x10000n * BigInt(sent + at);
          const bytes = Uint8Array.from(Buffer.from(step.toString(16).padStart(16, "0"), "hex"));
          return composeAdvertisement(host, announced, bytes).toString("hex");
        });
      core.advance(now);
      core.setState(0, host.vhid, State.Master);
      core.events();
      core.applied(0, host.vhid);
      core.events();
      const first = advertisements(subject);
      expect(first, `seed ${seed}`).toEqual(expected(advbase, advskew, now, 0));
      core.leave(0, host.vhid);
      core.events();
      expect(advertisements(subject), `seed ${seed}`).toEqual(expected(255, 255, now, families.length));
    }
  });
});

/** What is sent next, without the announcements. */
function advertisements({ core }: Subject): string[] {
  const found: string[] = [];
  for (let count = core.pollTransmit(); count > 0; count = core.pollTransmit()) {
    for (let slot = 0; slot < count; slot++) {
      if (core.transmitSlots.kind(slot) > FrameKind.Advertisement6) continue;
      found.push(Buffer.from(core.transmitSlots.frame(slot)).toString("hex"));
    }
  }
  return found;
}
