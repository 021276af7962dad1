import { setTimeout as sleep } from "node:timers/promises";
import { readPackage } from "../version.ts";
import type { NodeController, NodeEvent, NodeStatus, TransitionEvent } from "./api.ts";
import type { CounterKeeper, Counters } from "./counter-keeper.ts";
import { encodeRecording, type Recording } from "./recording.ts";
import type { Action } from "./requests.ts";

/**
 * Sockets and macvlans are closed a moment after the addresses have gone: the kernel holds a lock while it closes them
 * that another node needs to put the addresses in place, where both run on one kernel (in containers, say).
 */
const closingDelayMs = 50;

/** What happens when the addresses have gone and the node can still be asked. */
export interface LastActs {
  /** Is told the last counter. */
  readonly keeper?: CounterKeeper;
  beforeClose?(): Promise<void>;
}

/** A controller whose requests go through `ask`. */
export function controllerOf(
  ask: (action: Action) => Promise<unknown>,
  listeners: Set<(event: NodeEvent) => void>,
  end: () => Promise<void>,
  { keeper, beforeClose }: LastActs,
): NodeController {
  return {
    status: async () => (await ask({ verb: "status" })) as NodeStatus,
    ifconfig: async (change) => void (await ask({ verb: "ifconfig", change })),
    sysctl: async (name, value) => (await ask({ verb: "sysctl", name, value })) as number,
    reconfigure: async (virtualHosts, preempt) =>
      void (await ask({ verb: "reconfigure", virtualHosts, preempt })),
    transitions: async () => (await ask({ verb: "transitions" })) as readonly TransitionEvent[],
    record: async (occasion) => {
      const recording = (await ask({ verb: "record" })) as Recording;
      return encodeRecording(recording, `carp ${readPackage().version}`, occasion);
    },
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    stop: async () => {
      try {
        await ask({ verb: "stop" });
        const delay = sleep(closingDelayMs);
        await keeper?.finish((await ask({ verb: "counters" })) as Counters);
        await Promise.all([delay, beforeClose?.()]);
        await ask({ verb: "close" });
      } finally {
        keeper?.abandon();
        await end();
      }
    },
  };
}
