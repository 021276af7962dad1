/**
 * What a running node tells and takes, as plain data: it crosses from the packet thread to the main thread by
 * message, and from there to the operator as JSON. Names are lower_snake, as they appear there; numbers are numbers;
 * times are ISO 8601.
 */

import type { VirtualHost } from "../config/model.ts";
import type { CounterClassWord, StateWord, StrictnessWord } from "../core/words.ts";
import type { LatenessSummary } from "./lateness.ts";

/** One virtual host, as `carp status --json` prints it. */
export interface VirtualHostStatus {
  readonly schema: 1;
  readonly interface: string;
  readonly vhid: number;
  readonly state: StateWord;
  readonly advbase: number;
  /** As configured; the effective one adds the demotion. */
  readonly advskew: number;
  readonly demotion: number;
  /** With prefix length, in the order of the configuration. */
  readonly addresses: readonly string[];
  /** The master's address; `self` where it is this node; null where nobody was heard within the master-down time. */
  readonly master: string | null;
  readonly since: string;
  readonly last_transition: {
    readonly from: StateWord;
    readonly to: StateWord;
    readonly reason: string;
    readonly at: string;
  } | null;
  /** FreeBSD's carpstats of this virtual host, and `reflected` and `senderrors`. */
  readonly counters: Readonly<Record<string, number>>;
  /** Why it cannot run or hold its addresses, or null. */
  readonly problem: string | null;
  readonly virtual_mac: boolean;
  /** Milliseconds: the interval of its advertisements, the master-down time, and until the next deadline, or null. */
  readonly advertisement_interval_ms: number;
  readonly master_down_ms: number;
  readonly next_event_ms: number | null;
  readonly transitions: number;
  /** What the counters of its peers are like: those of this program are `time`. */
  readonly counter_class: CounterClassWord;
  /** Where replay is 2: whether it is enforced here. */
  readonly strictness: StrictnessWord;
  /** All counters heard in the last hour were a clock's. */
  readonly strict_ready: boolean;
}

/** The whole node. */
export interface NodeStatus {
  readonly schema: 1;
  readonly virtual_hosts: readonly VirtualHostStatus[];
  readonly interfaces: readonly {
    readonly name: string;
    readonly flags: number;
    readonly flag_words: readonly string[];
    /** Own addresses, not virtual ones, with prefix length. */
    readonly addresses: readonly string[];
    readonly io: string;
    /** Frames that the kernel dropped because they were not read in time. */
    readonly drops: number;
  }[];
  /** Names that the configuration uses for interfaces, where this machine has others: `em0` for `eth0`. */
  readonly aliases: Readonly<Record<string, string>>;
  readonly preempt: number;
  readonly allow: number;
  readonly demotion: number;
  readonly core: string;
  readonly io: string;
  /** Of the thread that sends and receives: `fifo` where it runs ahead of all ordinary threads. */
  readonly scheduling: string;
  /** Whether the kernel takes the addresses of a node away that does not renew them, and how often that was late. */
  readonly lease: boolean;
  readonly lease_late: number;
  readonly started: string;
  readonly pid: number;
  /** How often the core trapped and another instance had to begin, with every virtual host as BACKUP. */
  readonly core_restarts: number;
  /** Lines of the log that nobody took in time. */
  readonly log_lines_dropped: number;
  /** Hooks that did not end in time. */
  readonly hook_timeouts: number;
  /** How late deadlines were run. */
  readonly lateness_ms: LatenessSummary;
  /** The host's carpstats. */
  readonly counters: Readonly<Record<string, number>>;
}

/** A transition, and what decided it. */
export interface TransitionEvent {
  readonly kind: "transition";
  readonly at: string;
  readonly interface: string;
  readonly vhid: number;
  readonly from: StateWord;
  readonly to: StateWord;
  readonly reason: string;
  readonly peer: string | null;
  /** The moment on the monotonic clock, which nobody sets. */
  readonly monotonic_ms: number;
  /** What this node would advertise: its advskew with the demotion in it. */
  readonly own: { readonly advbase: number; readonly advskew: number; readonly demotion: number };
  /** The last authentic advertisement of the virtual host, or null. The counter is hexadecimal. */
  readonly heard: {
    readonly source: string;
    readonly advbase: number;
    readonly advskew: number;
    readonly counter: string;
  } | null;
  readonly since_last_advertisement_ms: number | null;
  readonly master_down_ms: number;
  /** By how much the timer that decided was late. */
  readonly lateness_ms: number;
  /** How long it took to put the addresses in place, for a transition to MASTER. */
  readonly apply_ms: number | null;
}

export type NodeEvent =
  | TransitionEvent
  | {
      readonly kind: "demotion";
      readonly at: string;
      readonly delta: number;
      readonly total: number;
      readonly reason: string;
    }
  | {
      readonly kind: "log";
      readonly at: string;
      readonly level: "info" | "warning" | "error";
      readonly message: string;
    };

/** Names of `net.inet.carp.*`, without the prefix. */
export type SysctlName =
  | "allow"
  | "preempt"
  | "log"
  | "dscp"
  | "demotion"
  | "senderr_demotion_factor"
  | "ifdown_demotion_factor"
  | "replay"
  | "freshness";

/** What `carp ifconfig IF …` asks of a running node; what is left out stays as it is. */
export interface IfconfigChange {
  readonly interface: string;
  readonly vhid: number;
  readonly advbase?: number;
  readonly advskew?: number;
  /** The pass phrase's bytes as hexadecimal digits; it travels over the unix socket and nowhere else. */
  readonly pass_hex?: string;
  readonly state?: StateWord;
  /** Addresses with prefix length to attach, or with `remove` to detach. */
  readonly addresses?: readonly string[];
  readonly remove?: boolean;
}

/**
 * The running node as the control room sees it. Every method may reject with an OperatorError whose message is for
 * the operator.
 */
export interface NodeController {
  status(): Promise<NodeStatus>;
  ifconfig(change: IfconfigChange): Promise<void>;
  /** Reads, or with `value` writes, an option; a write to `demotion` adds. Resolves to the value then in force. */
  sysctl(name: SysctlName, value?: number): Promise<number>;
  /** Puts another configuration in force, keeping the state of virtual hosts that stay the same. */
  reconfigure(virtualHosts: readonly VirtualHost[], preempt: boolean): Promise<void>;
  /** Calls back for every event from now on; returns the function that ends it. */
  subscribe(listener: (event: NodeEvent) => void): () => void;
  /** The last transitions, oldest first: 1024 at most. */
  transitions(): Promise<readonly TransitionEvent[]>;
  /**
   * The last CARP frames in and out with their verdicts, as a pcapng file; `occasion` is said in it. It never has a key.
   */
  record(occasion: string): Promise<Uint8Array>;
  /** Leaves politely: masters bow out, addresses are taken away, then the packet thread ends. */
  stop(): Promise<void>;
}
