import { monotonicNs } from "../clock.ts";
import type { NodeEvent } from "./api.ts";
import { isoTime } from "./status.ts";

/** What a room of the node has to say to the operator. */
export type Log = (level: "info" | "warning" | "error", message: string) => void;

/** A log whose lines leave as events. */
export function logTo(emit: (event: NodeEvent) => void): Log {
  return (level, message) => emit({ kind: "log", at: isoTime(monotonicNs()), level, message });
}

/** The words of whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
