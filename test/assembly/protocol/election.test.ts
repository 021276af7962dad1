import { describe, expect, test } from "vitest";
import * as abi from "../../../assembly/abi.ts";
import { Driver, linkedFlags, SECOND, START, type VirtualHost } from "../../support/driver.ts";
import { patternedNumbers } from "../../support/patterned.ts";

const { Master } = abi.State;
const seedCount = 200;

interface Delivery {
  readonly atNs: bigint;
  readonly to: number;
  readonly frame: Uint8Array;
}

/** Cores on one wire, in virtual time. Every frame takes between 20 and 300 microseconds, and none is lost. */
class Wire {
  readonly nodes: readonly Driver[];
  private deliveries: Delivery[] = [];
  private random = patternedNumbers(1);

  constructor(count: number) {
    this.nodes = Array.from({ length: count }, (_, index) => new Driver(undefined, 2 + index));
  }

  begin(seed: number, hosts: readonly VirtualHost[]): void {
    this.random = patternedNumbers(seed);
    this.deliveries = [];
    this.nodes.forEach((node, index) => {
      node.now = START;
      node.core.reset(START, 1_700_000_000_000);
      node.setLink(linkedFlags);
      const halves = [this.random(), this.random(), this.random()].map(BigInt);
      node.add({ ...hosts[index], entropy: halves[0] ^ (halves[1] << 31n) ^ (halves[2] << 45n) });
      node.takeEvents();
      node.takeFrames();
    });
  }

  masters(): number[] {
    return this.nodes.flatMap((node, index) => (node.instance().state === Master ? [index] : []));
  }

  /** Runs until `timeNs` and calls `watch` after every step. */
  runUntil(timeNs: bigint, watch: (nowNs: bigint) => void = () => undefined): void {
    for (;;) {
      this.carry();
      const timeouts = this.nodes.map((node) => node.core.pollTimeout());
      const nextTimeout = timeouts.reduce(earlier);
      const [delivery] = this.deliveries;
      const next = delivery && delivery.atNs < nextTimeout ? delivery.atNs : nextTimeout;
      if (next > timeNs) break;
      for (const node of this.nodes) node.now = next;
      if (delivery?.atNs === next) {
        this.deliveries.shift();
        this.nodes[delivery.to].receive(delivery.frame);
      } else {
        const node = this.nodes[timeouts.indexOf(next)];
        node.do(() => node.core.handleTimeout(next));
      }
      watch(next);
    }
    for (const node of this.nodes) node.now = timeNs;
  }

  /** Takes what was sent, and orders it by its arrival. */
  private carry(): void {
    this.nodes.forEach((node, from) => {
      for (const { kind, bytes, timeNs } of node.takeFrames()) {
        if (kind > abi.FrameKind.Advertisement6) continue;
        for (let to = 0; to < this.nodes.length; to++) {
          if (to === from) continue;
          const delay = BigInt(20_000 + (this.random() % 280_000));
          this.deliveries.push({ atNs: timeNs + delay, to, frame: bytes });
        }
      }
    });
    this.deliveries.sort((a, b) => (a.atNs < b.atNs ? -1 : a.atNs > b.atNs ? 1 : 0));
  }
}

describe("elections", () => {
  test("equal nodes that begin together settle on one MASTER, for every seed", () => {
    const wire = new Wire(2);
    let longest = 0n;
    for (let seed = 1; seed <= seedCount; seed++) {
      wire.begin(seed, [{}, {}]);
      let settledAt = 0n;
      let before = "";
      wire.runUntil(START + 120n * SECOND, (now) => {
        const masters = wire.masters().join();
        if (masters !== before) settledAt = now;
        before = masters;
      });
      if (wire.masters().length !== 1)
        expect.fail(`seed ${seed}: ${wire.masters().length} masters after 120 s`);
      if (settledAt - START > longest) longest = settledAt - START;
    }
    console.log(`equal nodes: the last of ${seedCount} elections took ${Number(longest) / 1e9} s`);
    expect(longest).toBeLessThan(60n * SECOND);
  });

  test("equal nodes that were both MASTER settle on one, for every seed (protocol §15.4)", () => {
    const wire = new Wire(2);
    for (let seed = 1; seed <= seedCount; seed++) {
      wire.begin(seed, [{}, {}]);
      for (const node of wire.nodes) node.do(() => node.core.setState(0, 1, Master));
      expect(wire.masters()).toEqual([0, 1]);
      wire.runUntil(START + 120n * SECOND);
      if (wire.masters().length !== 1)
        expect.fail(`seed ${seed}: ${wire.masters().length} masters after 120 s`);
      const [master] = wire.masters();
      wire.runUntil(START + 180n * SECOND, () => {
        if (wire.masters().join() !== String(master)) expect.fail(`seed ${seed}: not stable`);
      });
    }
  });

  test("with preempt the node with the lowest skew is MASTER whoever began, and stays", () => {
    const wire = new Wire(3);
    for (let seed = 1; seed <= 30; seed++) {
      wire.begin(seed, [{ advskew: 100 }, { advskew: 0 }, { advskew: 200 }]);
      for (const node of wire.nodes) node.core.setOption(abi.Option.Preempt, 1);
      const first = wire.nodes[seed % 3];
      first.do(() => first.core.setState(0, 1, Master));
      wire.runUntil(START + 10n * SECOND);
      expect(wire.masters()).toEqual([1]);
    }
  });

  test("a MASTER that leaves is followed within one frame's flight", () => {
    const wire = new Wire(2);
    for (let seed = 1; seed <= 30; seed++) {
      wire.begin(seed, [{ advskew: 0 }, { advskew: 100 }]);
      wire.runUntil(START + 5n * SECOND);
      expect(wire.masters()).toEqual([0]);
      const [leaving] = wire.nodes;
      leaving.do(() => leaving.core.leave(0, 1));
      wire.runUntil(START + 5n * SECOND + 300_000n);
      expect(wire.masters()).toEqual([1]);
    }
  });

  test("a MASTER that falls silent is followed after the master-down time, not earlier", () => {
    const wire = new Wire(2);
    wire.begin(7, [{ advskew: 0 }, { advskew: 100 }]);
    wire.runUntil(START + 10n * SECOND);
    const [silent, backup] = wire.nodes;
    const lastHeard = backup.instance().heardAtNs;
    silent.core.removeInterface(0);
    const due = lastHeard + 3n * SECOND + 390_625_000n;
    backup.runUntil(due - 1n);
    expect(backup.instance().state).toBe(abi.State.Backup);
    backup.runUntil(due + 1_953_125n);
    expect(backup.instance().state).toBe(Master);
  });

  test("only one of three is demoted: the others agree without it", () => {
    const wire = new Wire(3);
    wire.begin(11, [{ advskew: 0 }, { advskew: 50 }, { advskew: 100 }]);
    for (const node of wire.nodes) node.core.setOption(abi.Option.Preempt, 1);
    wire.runUntil(START + 10n * SECOND);
    expect(wire.masters()).toEqual([0]);
    const [best] = wire.nodes;
    best.do(() => best.core.addDemotion(240));
    wire.runUntil(START + 10n * SECOND + 2_000_000n);
    expect(wire.masters()).toEqual([1]);
    best.do(() => best.core.addDemotion(-240));
    wire.runUntil(START + 20n * SECOND);
    expect(wire.masters()).toEqual([0]);
  });
});

function earlier(a: bigint, b: bigint): bigint {
  if (a < b) return a;
  return b;
}
