import { wallClockMs } from "../clock.ts";
import { printable } from "../log.ts";
import type { VirtualHostStatus } from "../node/api.ts";
import { formatCount, formatSpan } from "./words.ts";

/** What `carp status VHID` says of one virtual host, one fact a line. */
export function formatFacts(host: VirtualHostStatus, nowMs: number = wallClockMs()): string {
  const facts: (readonly [string, string])[] = [
    ["virtual host", `${host.vhid}@${host.interface}`],
    ["state", `${host.state}${why(host)}`],
    ["since", `${host.since} (${formatSpan(nowMs - Date.parse(host.since))})`],
    ["transitions", formatCount(host.transitions)],
    ["master", host.master ?? "none heard"],
    ...host.addresses.map((address, index) => [index === 0 ? "addresses" : "", address] as const),
    ["virtual MAC", host.virtual_mac ? "answers for the addresses" : "source of advertisements only"],
    ["parameters", `advbase ${host.advbase} advskew ${host.advskew}, demotion ${host.demotion}`],
    ["advertisement interval", seconds(host.advertisement_interval_ms)],
    ["master-down", seconds(host.master_down_ms)],
    ["next event", host.next_event_ms === null ? "none" : `in ${seconds(host.next_event_ms)}`],
    ["counters", counters(host)],
    ...(host.problem === null ? [] : [["problem", host.problem] as const]),
  ];
  const width = Math.max(...facts.map(([name]) => name.length));
  return facts.map(([name, value]) => `${printable(`${name.padEnd(width)}  ${value}`)}\n`).join("");
}

function why({ last_transition: last }: VirtualHostStatus): string {
  return last === null ? "" : ` (from ${last.from}: ${last.reason})`;
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(3)} s`;
}

/** By FreeBSD's names; those that are 0 say nothing. */
function counters(host: VirtualHostStatus): string {
  const counted = Object.entries(host.counters).filter(([, count]) => count !== 0);
  return counted.length === 0
    ? "all 0"
    : counted.map(([name, count]) => `${name} ${formatCount(count)}`).join(", ");
}
