import { InterfaceFlag, Option, State } from "../../assembly/abi.ts";
import { CallEncoder } from "../../host/core/call-encoder.ts";
import { Core } from "../../host/core/core.ts";
import { instantiate } from "../../host/core/load.ts";
import type { CoreEvent } from "../../host/core/records.ts";
import { SECOND, START } from "./driver.ts";
import { type Advertisement, addressBytes, advertisementFrame } from "./frames.ts";

const MILLISECOND = 1_000_000n;
const utcMs = 1_700_000_000_000;

/** Pass phrase and addresses of a virtual host of the lab. */
export const labKey = (vhid: number) => new Uint8Array(Buffer.from(`phrase ${vhid}`));
const labAddresses = (vhid: number) => [`192.0.2.${vhid}`, `2001:db8::${vhid}`];
const labVhids = [1, 2];

type Transition = Extract<CoreEvent, { kind: "transition" }>;

/** One node of the lab, with all that it wrote down and told. */
export interface LabCore {
  readonly core: Core;
  readonly transitions: Transition[];
  run(): Buffer;
}

interface Mutable extends LabCore {
  readonly index: number;
  readonly encoder: CallEncoder;
  readonly inbox: { readonly atNs: bigint; readonly frame: Uint8Array }[];
  isAlive: boolean;
  /** Until then it does nothing: frozen. */
  asleepUntilNs: bigint;
}

/**
 * Three nodes in virtual time for `seconds`, with all that can befall them in the order that `next` draws: frames lost,
 * late, twice, broken, and forged; links that fall; sending that fails; addresses that cannot be had; nodes that freeze,
 * die and come again; an operator who changes things. The cores are those of the run before.
 */
export function runLab(next: () => number, seconds: number, capacity = 1 << 24): LabCore[] {
  const nodes = [0, 1, 2].map((index) => createNode(index, capacity));
  const chance = (share: number) => next() % 1000 < share * 1000;
  for (const node of nodes) boot(node, START, next, nodes);
  const step = 50n * MILLISECOND;
  for (let now = START; now < START + BigInt(seconds) * SECOND; now += step) {
    if (chance(0.05)) disturb(nodes[next() % nodes.length], now, next, nodes);
    for (const node of nodes) {
      if (!node.isAlive || now < node.asleepUntilNs) continue;
      take(node, now, next, nodes);
      if (now >= node.core.pollTimeout()) {
        node.core.handleTimeout(now);
        settle(node, now, next, nodes);
      }
    }
  }
  return nodes;
}

/** Compiling takes longer than a run; a reset leaves nothing of the run before. */
const modules = [0, 1, 2].map(() => instantiate());

function createNode(index: number, capacity: number): Mutable {
  const core = new Core(modules[index]);
  const pieces: Uint8Array[] = [];
  const encoder = new CallEncoder(
    core.memory,
    capacity,
    (piece) => pieces.push(piece),
    () => undefined,
  );
  core.logCalls(encoder);
  return {
    index,
    core,
    encoder,
    transitions: [],
    inbox: [],
    isAlive: true,
    asleepUntilNs: 0n,
    run: () => {
      encoder.flush();
      return Buffer.concat(pieces);
    },
  };
}

function boot(node: Mutable, now: bigint, next: () => number, nodes: Mutable[]): void {
  const { core, index } = node;
  core.reset(now, utcMs);
  core.nameInterface(0, "eth0");
  setLink(node, now, InterfaceFlag.Up | InterfaceFlag.Carrier);
  for (const vhid of labVhids) {
    const entropy = (BigInt(next()) << 32n) | BigInt(next());
    core.setVirtualHost(0, vhid, {
      advbase: 1,
      advskew: ((index + vhid) % 3) * 50,
      key: labKey(vhid),
      entropy,
    });
    core.setAddresses(0, vhid, labAddresses(vhid).map(addressBytes));
  }
  if (next() % 2 === 0) core.setOption(Option.Preempt, 1);
  settle(node, now, next, nodes);
}

function setLink({ core, index }: Mutable, now: bigint, flags: number): void {
  core.advance(now);
  core.setInterface(0, {
    flags,
    mac: Uint8Array.of(2, 0, 0, 0, 0, index + 1),
    source4: addressBytes(`192.0.2.10${index}`),
    source6: addressBytes(`fe80::${index + 1}`),
  });
}

/** Hands in what has arrived, as one batch. */
function take(node: Mutable, now: bigint, next: () => number, nodes: Mutable[]): void {
  const ready = node.inbox.filter(({ atNs }) => atNs <= now).slice(0, 100);
  if (ready.length === 0) return;
  for (const item of ready) node.inbox.splice(node.inbox.indexOf(item), 1);
  const slots = node.core.receiveSlots(0);
  ready.forEach(({ frame }, slot) => {
    slots.write(slot, frame, frame.length, 2);
  });
  node.core.handleFrames(now, ready.length);
  settle(node, now, next, nodes);
}

function settle(node: Mutable, now: bigint, next: () => number, nodes: Mutable[]): void {
  const { core } = node;
  for (;;) {
    const events = core.events();
    for (const event of events) {
      if (event.kind === "transition") node.transitions.push(event);
      if (event.kind !== "apply") continue;
      core.advance(now);
      if (next() % 10 === 0) core.applyFailed(event.interfaceIndex, event.vhid);
      else core.applied(event.interfaceIndex, event.vhid);
    }
    const count = core.pollTransmit();
    if (events.length === 0 && count === 0) return;
    if (count === 0) continue;
    for (let slot = 0; slot < count; slot++) {
      const fails = next() % 20 === 0;
      core.transmitSlots.setErrno(slot, fails ? 105 : 0);
      if (!fails) deliver(node, core.transmitSlots.frame(slot), now, next, nodes);
    }
    core.handleSent(now, count);
  }
}

/** To all others: on time, late, twice, broken, or not at all. */
function deliver(from: Mutable, frame: Uint8Array, now: bigint, next: () => number, nodes: Mutable[]): void {
  for (const node of nodes) {
    if (node === from || next() % 10 === 0) continue;
    const delay = next() % 20 === 0 ? BigInt(next() % 3000) : 1n;
    const copies = next() % 20 === 0 ? 2 : 1;
    for (let copy = 0; copy < copies; copy++) {
      const arrived = frame.slice();
      if (next() % 50 === 0) arrived[next() % arrived.length] ^= 1 << (next() % 8);
      node.inbox.push({ atNs: now + (delay + BigInt(copy)) * MILLISECOND, frame: arrived });
    }
  }
}

function disturb(node: Mutable, now: bigint, next: () => number, nodes: Mutable[]): void {
  const { core } = node;
  const vhid = labVhids[next() % labVhids.length];
  core.advance(now);
  const kinds: readonly (() => void)[] = [
    () => {
      node.isAlive = false;
    },
    () => {
      node.asleepUntilNs = now + BigInt(next() % 6000) * MILLISECOND;
    },
    () => setLink(node, now, next() % 2 === 0 ? 0 : InterfaceFlag.Up),
    () => setLink(node, now, InterfaceFlag.Up | InterfaceFlag.Carrier),
    () => void core.addDemotion((next() % 3) * 100 - 100),
    () => void core.setState(0, vhid, next() % 2 === 0 ? State.Master : State.Backup),
    () => void core.setVirtualHost(0, vhid, { advskew: next() % 250 }),
    () => void core.setVirtualHost(0, vhid, { key: labKey(vhid) }),
    () => void core.applyFailed(0, vhid),
    () => {
      core.leave(0, vhid);
      core.setAddresses(0, vhid, []);
    },
    () => void core.setAddresses(0, vhid, labAddresses(vhid).map(addressBytes)),
    () => void core.setOption(Option.Replay, next() % 3),
    () => void core.setOption(Option.Lease, next() % 3),
    () => void core.leaseExpired(0, vhid),
    () => void core.advanceCounters(core.largestCounter() + BigInt(next())),
    () => forge(node, vhid, now, next),
  ];
  if (!node.isAlive) {
    node.isAlive = true;
    node.inbox.length = 0;
    boot(node, now, next, nodes);
    return;
  }
  kinds[next() % kinds.length]();
  if (node.isAlive) settle(node, now, next, nodes);
}

/** An advertisement of somebody who knows the pass phrase, or does not. */
function forge(node: Mutable, vhid: number, now: bigint, next: () => number): void {
  const advertisement: Advertisement = {
    vhid,
    advbase: next() % 3,
    advskew: next() % 256,
    key: next() % 2 === 0 ? labKey(vhid) : "another",
    addresses: labAddresses(vhid),
    counter: BigInt(next()),
    source: "192.0.2.99",
  };
  node.inbox.push({ atNs: now, frame: advertisementFrame(advertisement) });
}
