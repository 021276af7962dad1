import { InterfaceFlag } from "../../assembly/abi.ts";
import { monotonicNs } from "../clock.ts";
import type { VirtualHost } from "../config/model.ts";
import type { Core } from "../core/core.ts";
import type { ReceiveSlots } from "../core/rings.ts";
import type { InterfaceState, Link, LinkEvent } from "../link/link.ts";
import type { Nic } from "../nic/nic.ts";
import type { NodeStatus } from "./api.ts";
import { type Log, messageOf } from "./log.ts";
import { ownAddresses, sourceAddresses } from "./machine.ts";

/** An interface that carries virtual hosts: its place in the core, and its NIC while it is there. */
export interface Port {
  readonly index: number;
  readonly name: string;
  slots: ReceiveSlots;
  state: InterfaceState | undefined;
  nic: Nic | undefined;
  /** The VHIDs that the NIC was told last. */
  vhids: string;
  losses: Losses;
}

/** Frames that the kernel dropped: what the log knows of them, and when it said so (monotonic). */
interface Losses {
  readonly told: number;
  readonly toldAtNs: bigint;
}

export interface PortParts {
  readonly core: Core;
  readonly link: Link;
  openNic(state: InterfaceState): Nic;
  readonly sourceMac: "virtual" | "own";
  /** Every virtual host of the node, whose addresses no interface has as its own. */
  hosts(): readonly VirtualHost[];
  readonly log: Log;
}

/** The node's interfaces, as the core knows them. */
export class Ports {
  readonly list: Port[] = [];
  private readonly parts: PortParts;
  /** Changes whenever a NIC is opened or closed. */
  version = 0;
  private nextLookNs = 0n;

  constructor(parts: PortParts) {
    this.parts = parts;
  }

  find(name: string): Port | undefined {
    return this.list.find((port) => port.name === name);
  }

  /** The port of an interface that is there, opened if it was not. Throws what opening the NIC throws. */
  open(state: InterfaceState): Port {
    const known = this.find(state.name);
    if (known !== undefined) return known;
    const index = this.list.length;
    const slots = this.parts.core.receiveSlots(index);
    const losses = { told: 0, toldAtNs: 0n };
    const port: Port = {
      index,
      name: state.name,
      slots,
      state: undefined,
      nic: undefined,
      vhids: "",
      losses,
    };
    this.openNic(port, state);
    this.list.push(port);
    this.parts.core.nameInterface(index, port.name);
    this.learn(port, state);
    return port;
  }

  closeAll(): void {
    for (const port of this.list) port.nic?.close();
    this.list.length = 0;
    this.version++;
  }

  /** The ports that an event of the link concerns. */
  touchedBy(event: LinkEvent): Port[] {
    if (event.kind === "overrun") return this.list;
    return this.list.filter(
      (port) => port.state?.index === event.index || ("name" in event && port.name === event.name),
    );
  }

  /** Opens the NIC of an interface that has come back. False, with a line in the log, where that fails. */
  attach(port: Port, state: InterfaceState): boolean {
    try {
      this.openNic(port, state);
    } catch (error) {
      this.parts.log("error", `${port.name} cannot be opened: ${messageOf(error)}`);
      return false;
    }
    this.parts.log("info", `${port.name} is back`);
    return true;
  }

  /** The interface is gone. */
  detach(port: Port): void {
    port.nic?.close();
    port.nic = undefined;
    this.version++;
    this.learn(port, undefined);
    this.parts.log("warning", `${port.name} is gone`);
  }

  /** Has every NIC receive for the virtual hosts that there are, and for no others. */
  narrow(): void {
    for (const port of this.list) {
      const own = this.parts.hosts().filter(({ interfaceName }) => interfaceName === port.name);
      const vhids = own.map(({ vhid }) => vhid);
      if (port.nic?.setVhids === undefined || vhids.join() === port.vhids) continue;
      port.nic.setVhids(vhids);
      port.vhids = vhids.join();
    }
  }

  /** Says in the log that the kernel has dropped frames: looked at once a second, told once in ten. */
  watchLosses(nowNs: bigint): void {
    if (nowNs < this.nextLookNs) return;
    this.nextLookNs = nowNs + lookPeriodNs;
    for (const port of this.list) {
      const lost = (port.nic?.drops() ?? 0) - port.losses.told;
      if (lost <= 0 || nowNs - port.losses.toldAtNs < tellPeriodNs) continue;
      port.losses = { told: port.losses.told + lost, toldAtNs: nowNs };
      this.parts.log("warning", `${port.name}: ${lost} frames lost in the kernel`);
    }
  }

  /** Tells the core what the interface is like; undefined is one that is not there. */
  learn(port: Port, state: InterfaceState | undefined): void {
    port.state = state;
    let flags = this.parts.sourceMac === "own" ? InterfaceFlag.OwnSourceMac : 0;
    if (state?.up) flags |= InterfaceFlag.Up;
    if (state?.carrier) flags |= InterfaceFlag.Carrier;
    this.parts.core.advance(monotonicNs());
    this.parts.core.setInterface(port.index, {
      flags,
      mac: state?.mac ?? new Uint8Array(6),
      ...(state === undefined ? noSources : sourceAddresses(state, this.parts.hosts())),
    });
  }

  /** The core has begun anew: it hears of every interface again, and its slots are others. */
  renew(): void {
    for (const port of this.list) {
      port.slots = this.parts.core.receiveSlots(port.index);
      this.learn(port, port.state);
    }
  }

  /** What `carp status` and `carp ifconfig` say of it. */
  describe({ name, state, nic }: Port): NodeStatus["interfaces"][number] {
    const words = flagWords(state);
    const own = state === undefined ? [] : ownAddresses(state, this.parts.hosts());
    return {
      name,
      flags: words.reduce((sum, word) => sum + interfaceFlagBits[word], 0),
      flag_words: words,
      addresses: own.map(({ address, prefixLength }) => `${address}/${prefixLength}`),
      io: nic?.name ?? "none",
      drops: nic?.drops() ?? 0,
    };
  }

  private openNic(port: Port, state: InterfaceState): void {
    const nic = this.parts.openNic(state);
    port.nic = nic;
    port.vhids = "";
    port.losses = { ...port.losses, told: 0 };
    this.version++;
    // Nothing is sent yet; but the way is gone once, so that the first frame that matters is not the first.
    nic.send(this.parts.core.transmitSlots, 0, 0);
    try {
      this.parts.link.prepare(port.name);
    } catch (error) {
      // A read-only /proc/sys is worth a line and no more.
      const harm = "virtual addresses of one subnet may go together";
      this.parts.log("warning", `${port.name}: ${messageOf(error)}; ${harm}`);
    }
  }
}

const lookPeriodNs = 1_000_000_000n;
const tellPeriodNs = 10_000_000_000n;

const noSources = { source4: new Uint8Array(4), source6: new Uint8Array(16) };

/** FreeBSD's interface flags, as `ifconfig` prints them. */
const interfaceFlagBits: Readonly<Record<string, number>> = {
  UP: 0x1,
  BROADCAST: 0x2,
  RUNNING: 0x40,
  MULTICAST: 0x1000,
};

function flagWords(state: InterfaceState | undefined): string[] {
  if (state === undefined) return [];
  const up = state.up ? ["UP"] : [];
  const running = state.up && state.carrier ? ["RUNNING"] : [];
  return [...up, "BROADCAST", ...running, "MULTICAST"];
}
