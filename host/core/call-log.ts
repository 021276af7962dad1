/**
 * What is told of a core's calls while they happen: all that a fresh core needs to go the same way. Calls are told before
 * they are made, with their arguments in the core's memory; what a poll gave is told after it.
 */
export interface CallLog {
  /** What the host calls an interface of the core. */
  named(interfaceIndex: number, name: string): void;
  /** The core goes on with a new instance, whose memory this is; the call before trapped. */
  renewed(memory: Uint8Array): void;
  reset(nowNs: bigint, counterBase: bigint): void;
  /** The frames are in the receive slots from 0 on. */
  frames(nowNs: bigint, count: number): void;
  timeout(nowNs: bigint): void;
  /** The command is in the command record. */
  command(nowNs: bigint): void;
  /** The errors of sending are in the transmit slots from 0 on. */
  sent(nowNs: bigint, count: number): void;
  /** So many frames were composed. */
  composed(count: number): void;
  /** So many events are in the event ring. */
  events(count: number): void;
}
