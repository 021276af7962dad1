import type { PrefixedAddress } from "../link/link.ts";

/** Where a value was written: a file (or `command line`), a line and a column, both from 1. */
export interface Position {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** One virtual host: what a `vhid` on an interface says. */
export interface VirtualHost {
  readonly interfaceName: string;
  /** 1..255 */
  readonly vhid: number;
  /** Seconds, 1..255; 0, OpenBSD's dialect, only with an advskew. */
  advbase: number;
  /** 1/256 s, 0..254. */
  advskew: number;
  /** The pass phrase's bytes, 0..20 of them. */
  pass: Uint8Array;
  /** The virtual addresses in the order of the configuration, without duplicates. */
  readonly addresses: PrefixedAddress[];
  /** Hold the addresses on a macvlan with the virtual MAC instead of on the interface itself. */
  virtualMac: boolean;
  /** Where it was first written. */
  readonly position: Position;
}

/** A whole configuration. Interface names are this machine's: `--map` has been applied. */
export interface Configuration {
  readonly virtualHosts: VirtualHost[];
  /** net.inet.carp.preempt */
  preempt: boolean;
  /** net.inet.carp.replay and net.inet.carp.freshness, where they are given. */
  replay?: number;
  freshness?: number;
  /** carp_lease: the kernel takes addresses away that the node does not renew. Left out: YES. */
  lease?: boolean;
  /** carp_hook: the program that is run at every transition. */
  hook?: string;
  /** The interface's own addresses that an rc.conf names, to compare with what the machine has. */
  readonly ownAddresses: {
    readonly interfaceName: string;
    readonly address: PrefixedAddress;
    readonly position: Position;
  }[];
}

/** One mistake, with its place, the source line, and how many characters of it are meant (for the ^^^). */
export interface Problem {
  readonly severity: "error" | "warning";
  readonly position: Position;
  readonly message: string;
  readonly sourceLine: string;
  readonly length: number;
}
