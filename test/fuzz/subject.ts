import * as abi from "../../assembly/abi.ts";
import { Core } from "../../host/core/core.ts";
import { instantiate, modulePath, type Variant } from "../../host/core/load.ts";
import type { Judgement, ReferenceFrame, ReferenceHost, ReferenceNode } from "./reference.ts";

const START = 1_000_000_000_000n;

/** What the core says of one frame, in the reference's words. */
export interface CoreJudgement extends Omit<Judgement, "host"> {
  /** The VHID and interface of the instance, or undefined. */
  readonly host: string | undefined;
}

/** One build of the core, set up as a reference node is. */
export class Subject {
  readonly core: Core;

  constructor(variant: Variant) {
    this.core = new Core(instantiate(modulePath(variant)));
  }

  /** Makes the node anew. */
  setUp(node: ReferenceNode): void {
    this.core.reset(START, 1_700_000_000_000);
    for (const interfaceIndex of node.interfaces) {
      this.core.setInterface(interfaceIndex, {
        flags: abi.InterfaceFlag.Up | abi.InterfaceFlag.Carrier,
        mac: Uint8Array.of(2, 0, 0, 0, 0, interfaceIndex + 1),
        source4: Uint8Array.of(192, 168, interfaceIndex, 2),
        source6: Uint8Array.of(0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, interfaceIndex, 2),
      });
    }
    for (const host of node.hosts) this.add(host);
    this.core.setOption(abi.Option.Allow, node.allow ? 1 : 0);
    this.core.events();
  }

  /** Adds a virtual host, or gives one another key, flags and addresses. */
  add({ interfaceIndex, vhid, key, addresses, unicast4, unicast6 }: ReferenceHost): void {
    const flags = (unicast4 ? abi.InstanceFlag.Unicast4 : 0) | (unicast6 ? abi.InstanceFlag.Unicast6 : 0);
    const entropy = 0x1234_5678_9abc_def0n + (BigInt(vhid) << 48n);
    const made = this.core.setVirtualHost(interfaceIndex, vhid, { key, flags, entropy });
    const given = this.core.setAddresses(interfaceIndex, vhid, addresses);
    if (made !== abi.CommandResult.Ok || given !== abi.CommandResult.Ok) throw new Error(`${made}, ${given}`);
    this.core.events();
  }

  /** Judges a batch, and changes nothing. */
  judge(frames: readonly ReferenceFrame[]): CoreJudgement[] {
    frames.forEach((frame, slot) => {
      // What is left in the slot of the frame before must not matter.
      const slots = this.core.receiveSlots(frame.interfaceIndex);
      slots.write(slot, frame.bytes, frame.bytes.length, frame.packetType);
    });
    this.core.verifyFrames(frames.length);
    return frames.map((_, slot) => this.judgementOf(slot));
  }

  /** Takes a batch in at `nowNs` after the start. */
  receive(frames: readonly ReferenceFrame[], nowNs = 0n): CoreJudgement[] {
    this.judge(frames);
    this.core.handleFrames(START + nowNs, frames.length);
    return frames.map((_, slot) => this.judgementOf(slot));
  }

  private judgementOf(slot: number): CoreJudgement {
    const view = new DataView(this.core.memory.buffer, abi.RECEIVE_OFFSET + slot * abi.RECEIVE_SLOT_SIZE);
    const instance = view.getUint16(abi.RECEIVE_INSTANCE, true);
    return {
      verdict: view.getUint8(abi.RECEIVE_VERDICT),
      family: view.getUint8(abi.RECEIVE_FAMILY) as 0 | 4 | 6,
      carpOffset: view.getUint16(abi.RECEIVE_CARP_OFFSET, true),
      host: instance === abi.NO_INSTANCE ? undefined : this.nameOf(instance),
    };
  }

  private nameOf(instance: number): string {
    const at = abi.INSTANCES_OFFSET + instance * abi.INSTANCE_SIZE;
    const { memory } = this.core;
    return `${memory[at + abi.INSTANCE_INTERFACE]}.${memory[at + abi.INSTANCE_VHID]}`;
  }
}

/** The reference's judgement in the form of the core's. */
export function inWords({ host, ...judgement }: Judgement): CoreJudgement {
  return { ...judgement, host: host === undefined ? undefined : `${host.interfaceIndex}.${host.vhid}` };
}
