import type { PingReport } from "./client.ts";
import { handbook, sharedAddresses, type VhidState } from "./scenario.ts";

/** One moment of the demo, as it is shown. */
export interface DemoView {
  readonly seconds: number;
  readonly title: string;
  /** Per host, off when it has no entry. */
  readonly states: ReadonlyMap<string, ReadonlyMap<number, VhidState>>;
  readonly answers: ReadonlyMap<string, string>;
  /** Per shared address, empty before the client pings. */
  readonly pings: ReadonlyMap<string, PingReport>;
}

/** The whole moment as lines of equal purpose: what happens, the hosts, the addresses. */
export function tableOf(view: DemoView): string[] {
  const hosts = handbook.map(({ name, address }) => {
    const states = view.states.get(name);
    return [name, address, stateOf(states, 1), stateOf(states, 2)];
  });
  const addresses = sharedAddresses.map((address) => {
    const report = view.pings.get(address);
    const pings = report === undefined ? ["-", "-"] : [String(report.lost), secondsOf(report.longestGapMs)];
    return [address, view.answers.get(address) ?? (report === undefined ? "-" : "nobody"), ...pings];
  });
  return [
    `${view.seconds.toFixed(1).padStart(5)} s  ${view.title}`,
    "",
    ...columns([["HOST", "ADDRESS", "VHID 1", "VHID 2"], ...hosts]),
    "",
    ...columns([["SHARED", "ANSWERED BY", "PINGS LOST", "LONGEST GAP"], ...addresses]),
  ];
}

/** What differs between two moments, a line for each change; everything when there was none before. */
export function changesOf(previous: DemoView | undefined, view: DemoView): string[] {
  const time = `${view.seconds.toFixed(2).padStart(6)} s  `;
  const title = view.title === previous?.title ? [] : [view.title];
  const states = handbook.flatMap(({ name }) =>
    [1, 2].flatMap((vhid) => {
      const from = previous?.states.get(name)?.get(vhid);
      const to = view.states.get(name)?.get(vhid);
      return from === to ? [] : [`  ${name} vhid ${vhid}: ${from ?? "off"} -> ${to ?? "off"}`];
    }),
  );
  const answers = sharedAddresses.flatMap((address) => {
    const to = view.answers.get(address);
    if (to === previous?.answers.get(address) || !view.pings.has(address)) return [];
    return [`  ${address} is answered by ${to ?? "nobody"}`];
  });
  return [...title, ...states, ...answers].map((line) => time + line);
}

/** Cells in columns that are as wide as their widest cell, two spaces between them. */
export function columns(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column]))
      .join("  ")
      .trimEnd(),
  );
}

export function secondsOf(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(2)} s`;
}

function stateOf(states: ReadonlyMap<number, VhidState> | undefined, vhid: number): string {
  if (states === undefined || states.size === 0) return "off";
  return states.get(vhid) ?? "-";
}
