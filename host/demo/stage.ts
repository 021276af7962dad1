import type { PingMark, PingReport } from "./client.ts";
import type { VhidState } from "./scenario.ts";

/** Where the scenario is played: namespaces with real nodes (network-stage.ts), or an in-process wire. */
export interface Stage {
  /** Said above the table. */
  readonly description: string;
  /** Boots the host: its link comes up without shared addresses, and its node starts. */
  powerOn(host: string): Promise<void>;
  /** The host is gone between two frames: node, link and all. */
  powerOff(host: string): Promise<void>;
  /**
   * The state of each VHID of the host, empty while it is off or its node does not answer yet.
   * Rejects when its node has ended by itself.
   */
  states(host: string): Promise<ReadonlyMap<number, VhidState>>;
  /** For each shared address the host that answers the client, without an entry where nobody does. */
  answers(): Promise<ReadonlyMap<string, string>>;
  /** Lets the client begin to ping the shared addresses. */
  startPings(): void;
  /** A place in the pings to an address, and what happened since; undefined where nothing is pinged. */
  mark(address: string): PingMark | undefined;
  pings(address: string, since?: PingMark): PingReport | undefined;
  close(): Promise<void>;
}
