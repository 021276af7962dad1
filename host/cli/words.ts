import { formatTime, printable } from "../log.ts";
import type { NodeEvent } from "../node/api.ts";

/** A span of time in its two largest units: `3d 0h`, `1m 5s`, `7s`. */
export function formatSpan(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  const units: readonly (readonly [string, number])[] = [
    ["d", seconds / 86400],
    ["h", (seconds / 3600) % 24],
    ["m", (seconds / 60) % 60],
    ["s", seconds % 60],
  ];
  const first = units.findIndex(([, value]) => value >= 1);
  const shown = units.slice(first < 0 ? 3 : first).slice(0, 2);
  return shown.map(([unit, value]) => `${Math.floor(value)}${unit}`).join(" ");
}

/** A count with its thousands apart, as `259 236`. */
export function formatCount(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, " ");
}

/** An event in FreeBSD's words, without the time (protocol §9.4). */
export function formatEvent(event: NodeEvent): string {
  switch (event.kind) {
    case "transition":
      return `${event.vhid}@${event.interface}: ${event.from} -> ${event.to} (${event.reason})`;
    case "demotion":
      return `demoted by ${event.delta} to ${event.total} (${event.reason})`;
    case "log":
      return event.level === "info" ? event.message : `${event.level}: ${event.message}`;
  }
}

/** An event as a line of the log, with its time. */
export function formatEventLine(event: NodeEvent): string {
  return `${formatTime(new Date(event.at))} carp: ${printable(formatEvent(event))}`;
}
