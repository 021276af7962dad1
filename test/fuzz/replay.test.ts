import { beforeEach, describe, expect, test } from "vitest";
import * as abi from "../../assembly/abi.ts";
import { canRun, type Variant } from "../../host/core/load.ts";
import { requireOrSkip } from "../support/require.ts";
import { Chance } from "./chance.ts";
import { composeAdvertisement, type ReferenceFrame, type ReferenceHost } from "./reference.ts";
import { ReferenceReplay } from "./reference-replay.ts";
import { Subject } from "./subject.ts";

/** Every decision about a counter is the reference's: senders of every kind, and one who sends what was sent before. */

const START = 1_000_000_000_000n;
const SECOND = 1_000_000_000n;
const host: ReferenceHost = {
  interfaceIndex: 0,
  vhid: 1,
  key: Uint8Array.from(Buffer.from("testpass")),
  addresses: [Uint8Array.of(192, 168, 1, 50)],
};

/** Counters as the known implementations send them. */
type Sender = (clock: bigint, heard: bigint) => bigint;

function anySender(chance: Chance): Sender {
  const kind = chance.below(6);
  const constant = chance.bigint();
  const offset = BigInt(chance.between(-3, 3)) << 32n;
  const far = BigInt(chance.between(-200_000, 200_000)) << 32n;
  if (kind === 0) return () => constant;
  if (kind === 1) return () => chance.bigint();
  if (kind === 2) return (_clock, heard) => BigInt.asUintN(64, heard + 1n);
  if (kind === 3) return (clock) => BigInt.asUintN(64, clock + far);
  return (clock) => clock + offset;
}

interface Sent {
  readonly counter: bigint;
  readonly source: number;
  readonly advskew: number;
}

function frameOf({ counter, source, advskew }: Sent): ReferenceFrame {
  const announced = {
    advbase: 1,
    advskew,
    dscp: 56,
    source: Uint8Array.of(192, 168, 1, source),
    sourceMac: Uint8Array.of(0, 0, 0x5e, 0, 1, 1),
  };
  const bytes = Buffer.from(counter.toString(16).padStart(16, "0"), "hex");
  return {
    bytes: new Uint8Array(composeAdvertisement(host, announced, bytes)),
    interfaceIndex: 0,
    packetType: 2,
  };
}

/** What is sent next: by one of the senders, or something old, as it was or changed. */
function anySent(chance: Chance, senders: readonly Sender[], past: readonly Sent[], clock: bigint): Sent {
  if (past.length > 0 && chance.once(3)) {
    const old = chance.once(2)
      ? chance.pick(past)
      : past[past.length - 1 - chance.below(Math.min(4, past.length))];
    return chance.once(2) ? old : { ...old, source: chance.between(4, 19), advskew: chance.below(2) };
  }
  const source = chance.below(senders.length);
  const counter = senders[source](clock, past.at(-1)?.counter ?? 7n);
  return { counter, source: 2 * source + 4, advskew: 0 };
}

describe.each<Variant>(["simd", "baseline"])(
  "the %s build weighs counters as the reference does",
  (variant) => {
    let subject: Subject;
    beforeEach(({ skip }) => {
      requireOrSkip(canRun(variant), `this processor cannot run the ${variant} build`, skip);
      subject ??= new Subject(variant);
    });

    test.each([
      ["off", abi.Replay.Off, 0],
      ["log", abi.Replay.Log, 0],
      ["strict", abi.Replay.Strict, 0],
      ["strict with freshness", abi.Replay.Strict, 10],
    ])("in mode %s", (_name, mode, freshness) => {
      const seen = new Map<string, number>();
      for (let seed = 1; seed <= 120; seed++) {
        const chance = new Chance(seed);
        const { core } = subject;
        subject.setUp({ allow: true, interfaces: [0], hosts: [host] });
        core.setOption(abi.Option.Replay, mode);
        core.setOption(abi.Option.Freshness, freshness);
        const reference = new ReferenceReplay(mode, freshness);
        const senders = Array.from({ length: chance.between(1, 3) }, () => anySender(chance));
        // Half of all lives begin with peers of our kind, so that strict mode is enforced in many.
        if (chance.once(2)) senders.fill((clock) => clock, 0, 1);
        const past: Sent[] = [];
        let elapsed = 0n;
        for (let step = 0; step < 150; step++) {
          elapsed += chance.once(40) ? 4000n * SECOND : (BigInt(chance.between(1, 15)) * SECOND) / 10n;
          const clock = ((1_700_000_000_000n * 1_000_000n + elapsed) << 32n) / SECOND;
          const sender = chance.once(60) ? [anySender(chance)] : senders;
          const sent = anySent(chance, sender, past, clock);
          past.push(sent);
          const expected = reference.hear(
            sent.counter,
            `${sent.source} ${sent.advskew}`,
            START + elapsed,
            clock,
          );
          const before = core.statistics();
          const [{ verdict }] = subject.receive([frameOf(sent)], elapsed);
          const { replaysuspects, resyncs } = core.statistics();
          core.events();
          const record = new DataView(core.memory.buffer, abi.INSTANCES_OFFSET);
          const found = {
            verdict: abi.Verdict[verdict],
            suspect: replaysuspects > before.replaysuspects,
            resynchronized: resyncs > before.resyncs,
            class: record.getUint8(abi.INSTANCE_COUNTER_CLASS),
          };
          const wanted = { ...expected, verdict: abi.Verdict[expected.verdict], class: reference.class };
          expect(found, `seed ${seed} step ${step} counter ${sent.counter.toString(16)}`).toEqual(wanted);
          const name = expected.resynchronized
            ? "resynchronized"
            : expected.suspect
              ? "suspect"
              : wanted.verdict;
          seen.set(name, (seen.get(name) ?? 0) + 1);
        }
      }
      const kinds: Readonly<Record<number, readonly string[]>> = {
        [abi.Replay.Off]: ["Ok"],
        [abi.Replay.Log]: ["Ok", "suspect"],
        [abi.Replay.Strict]: ["Ok", "suspect", "Duplicate", "Stale", "Refreshed"],
      };
      const expectedKinds = freshness > 0 ? ["Ok", "Duplicate", "Stale"] : kinds[mode];
      expect(expectedKinds.filter((kind) => (seen.get(kind) ?? 0) < 20)).toEqual([]);
    });
  },
);

/** Source and interval are one number together: changes of both must not cancel each other. */
test("a recording whose source and skew were changed alike is suspected", () => {
  const subject = new Subject("baseline");
  subject.setUp({ allow: true, interfaces: [0], hosts: [host] });
  const counter = 0x6553_f100_0000_0001n;
  subject.receive([frameOf({ counter, source: 4, advskew: 0 })]);
  subject.receive([frameOf({ counter, source: 5, advskew: 1 })]);
  expect(subject.core.statistics().replaysuspects).toBe(1);
});
