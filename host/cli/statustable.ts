import { wallClockMs } from "../clock.ts";
import { printable } from "../log.ts";
import type { NodeStatus, VirtualHostStatus } from "../node/api.ts";
import { formatCount, formatSpan } from "./words.ts";

/** The table of `carp status`, with what is wrong below it, and one line about the node at its end. */
export function formatTable(status: NodeStatus, nowMs: number = wallClockMs()): string {
  const rows = status.virtual_hosts.map((host) => row(host, nowMs));
  const widths = columns.map(({ title }, index) =>
    Math.max(title.length, ...rows.map((cells) => cells[index].length)),
  );
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, index) =>
        columns[index].isNumber ? cell.padStart(widths[index]) : cell.padEnd(widths[index]),
      )
      .join("  ")
      .trimEnd();
  const problems = status.virtual_hosts.flatMap(({ vhid, interface: name, problem }) =>
    problem === null ? [] : [`${vhid}@${name}: ${problem}`],
  );
  const title = line(columns.map((column) => column.title));
  return [title, ...rows.map(line), ...problems, summary(status, nowMs)]
    .map((text) => `${printable(text)}\n`)
    .join("");
}

/** Packets that were received, sent, and refused. */
export function countPackets(counters: VirtualHostStatus["counters"]): {
  readonly received: number;
  readonly sent: number;
  readonly bad: number;
} {
  const sum = (names: readonly string[]) => names.reduce((total, name) => total + (counters[name] ?? 0), 0);
  return {
    received: sum(["ipackets", "ipackets6"]),
    sent: sum(["opackets", "opackets6"]),
    bad: sum(["badif", "badttl", "hdrops", "badsum", "badver", "badlen", "badauth", "badvhid"]),
  };
}

const columns: readonly { readonly title: string; readonly isNumber?: boolean }[] = [
  { title: "VHID", isNumber: true },
  { title: "IFACE" },
  { title: "STATE" },
  { title: "ADDRESSES" },
  { title: "MASTER" },
  { title: "BASE", isNumber: true },
  { title: "SKEW", isNumber: true },
  { title: "RX", isNumber: true },
  { title: "TX", isNumber: true },
  { title: "BAD", isNumber: true },
  { title: "SINCE" },
];

function row(host: VirtualHostStatus, nowMs: number): string[] {
  const { received, sent, bad } = countPackets(host.counters);
  return [
    String(host.vhid),
    host.interface,
    host.state,
    shorten(host.addresses),
    host.master ?? "-",
    String(host.advbase),
    String(host.advskew),
    formatCount(received),
    formatCount(sent),
    formatCount(bad),
    formatSpan(nowMs - Date.parse(host.since)),
  ];
}

/** A virtual host of many addresses has room for the first of them here. */
function shorten(addresses: readonly string[]): string {
  if (addresses.length <= 1) return addresses[0] ?? "-";
  return `${addresses[0]} +${addresses.length - 1}`;
}

function summary(status: NodeStatus, nowMs: number): string {
  const drops = status.interfaces.reduce((total, { drops }) => total + drops, 0);
  return [
    ...(status.allow === 0 ? ["allow off"] : []),
    `preempt ${status.preempt === 0 ? "off" : "on"}`,
    `demotion ${status.demotion}`,
    `core ${status.core}`,
    `I/O ${status.io}`,
    ...(status.lease ? [] : ["no lease"]),
    ...(status.core_restarts > 0 ? [`core restarted ${formatCount(status.core_restarts)} times`] : []),
    ...(status.log_lines_dropped > 0 ? [`${formatCount(status.log_lines_dropped)} log lines dropped`] : []),
    ...(status.hook_timeouts > 0 ? [`${formatCount(status.hook_timeouts)} hooks timed out`] : []),
    ...(drops > 0 ? [`${formatCount(drops)} frames dropped`] : []),
    `up ${formatSpan(nowMs - Date.parse(status.started))}`,
  ].join(", ");
}
