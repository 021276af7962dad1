import { readFileSync } from "node:fs";

export type StateName = "INIT" | "BACKUP" | "MASTER";

/** A node of a recording: one process with one vhid. */
export interface RecordedNode {
  readonly name: string;
  readonly kind: "NetBSD" | "ucarp";
  /** Of its advertisements. */
  readonly source: string;
  /** Those that its kernel took. */
  readonly addresses: readonly string[];
  readonly vhid: number;
  readonly pass: string;
  readonly advbase: number;
  readonly advskew: number;
  readonly preempt: boolean;
}

export type TimelineEntry = { readonly seconds: number } & (
  | { readonly kind: "start"; readonly node: RecordedNode }
  | { readonly kind: "state"; readonly node: string; readonly to: StateName }
  /** What the recorder did: `down carp0`, `signal 9`, `LAN split`; `node` where it was done to one. */
  | { readonly kind: "action"; readonly node: string | undefined; readonly action: string }
);

/** What the text beside a capture tells, in seconds after `startNs`, which is UTC as the capture has it. */
export interface Timeline {
  readonly startNs: bigint;
  readonly entries: readonly TimelineEntry[];
}

/** Reads the `.txt` of a NetBSD capture or the `.log` of a ucarp capture. */
export function readTimeline(path: string): Timeline {
  const text = readFileSync(path, "utf8");
  return path.endsWith(".log") ? parseUcarpLog(text) : parseNetbsdTimeline(text);
}

export function nodesOf(timeline: Timeline): RecordedNode[] {
  return timeline.entries.flatMap((entry) => (entry.kind === "start" ? [entry.node] : []));
}

/** The recorder's own timeline, with the times that ucarp's log has for itself. */
export function parseNetbsdTimeline(text: string): Timeline {
  const startNs = toNs(/^# t0=(\d+\.\d+)$/m.exec(text)![1]);
  const [events, ...logs] = text.split(/^--- log of /m);
  const entries: TimelineEntry[] = [];
  for (const [, time, mark, words] of events.matchAll(/^ *(\d+\.\d+) +(>>|##) (.*?) *$/gm)) {
    const entry = mark === ">>" ? recorderAction(words) : netbsdState(words);
    if (entry !== undefined) entries.push({ seconds: Number(time), ...entry });
  }
  for (const log of logs) {
    const name = log.slice(0, log.indexOf(" ---"));
    for (const [, time, state] of log.matchAll(/^(\S+): \[WARNING\] Switching to state: (\w+)$/gm)) {
      entries.push({ seconds: since(startNs, time), kind: "state", node: name, to: state as StateName });
    }
  }
  return { startNs, entries: inOrder(entries) };
}

/** ucarp's own words, and what the recorder did. Hosts are `hosta/vhid1`; a second process has ` (2nd run)`. */
export function parseUcarpLog(text: string): Timeline {
  const lines = [...text.matchAll(/^(\d{4}-\S+) (.*)$/gm)];
  const startNs = toNs(String(Date.parse(`${lines[0][1].slice(0, 19)}Z`) / 1000));
  const entries: TimelineEntry[] = [];
  const started = new Set<string>();
  for (const [, time, words] of lines) {
    const entry = ucarpEntry(words, started);
    if (entry !== undefined) entries.push({ seconds: since(startNs, time), ...entry });
  }
  return { startNs, entries: inOrder(entries) };
}

type Untimed<T> = T extends unknown ? Omit<T, "seconds"> : never;
type UntimedEntry = Untimed<TimelineEntry>;

function recorderAction(words: string): UntimedEntry | undefined {
  const start = /^start (NetBSD|ucarp) (\w+): (.*)$/.exec(words);
  if (start !== null) {
    const [, kind, name, options] = start;
    return { kind: "start", node: kind === "NetBSD" ? netbsdNode(name, options) : ucarpNode(name, options) };
  }
  const [, node, action] = /^(?:(\w+): )?(.*)$/.exec(words)!;
  return { kind: "action", node, action };
}

function netbsdState(words: string): UntimedEntry | undefined {
  const transition = /^(\w+): carp0 TRANSITION \S+ -> (\w+)$/.exec(words);
  if (transition !== null) return { kind: "state", node: transition[1], to: transition[2] as StateName };
  const end = /^(\w+): terminating/.exec(words);
  return end === null ? undefined : { kind: "action", node: end[1], action: "stop" };
}

function ucarpEntry(words: string, started: Set<string>): UntimedEntry | undefined {
  const start = /^ACTION start (\w+): ucarp (.*)$/.exec(words);
  if (start !== null) {
    const first = `${start[1]}/vhid${/ -v (\d+)/.exec(start[2])![1]}`;
    const name = started.has(first) ? `${first} (2nd run)` : first;
    started.add(name);
    return { kind: "start", node: ucarpNode(name, start[2]) };
  }
  const state = /^(\S+(?: \(2nd run\))?) \[WARNING\] Switching to state: (\w+)$/.exec(words);
  if (state !== null) return { kind: "state", node: state[1], to: state[2] as StateName };
  const action = /^(?:ACTION|STATE) (.*)$/.exec(words);
  return action === null ? undefined : { kind: "action", node: undefined, action: action[1] };
}

function netbsdNode(name: string, options: string): RecordedNode {
  const addresses = [...options.matchAll(/--vip ([^/]+)/g)].map((match) => match[1]);
  const taken = addresses.filter((address) => !address.includes(":") || options.includes("--v6patch"));
  return {
    name,
    kind: "NetBSD",
    source: /--ip ([^/]+)/.exec(options)?.[1] ?? addresses[0],
    addresses: taken,
    vhid: option(options, "--vhid"),
    pass: /--pass (\S+)/.exec(options)![1],
    advbase: option(options, "--advbase"),
    advskew: option(options, "--advskew"),
    preempt: options.includes("--preempt"),
  };
}

function ucarpNode(name: string, options: string): RecordedNode {
  return {
    name,
    kind: "ucarp",
    source: / -s (\S+)/.exec(options)?.[1] ?? "192.168.1.6",
    addresses: [/-a (\S+)/.exec(options)![1]],
    vhid: option(options, "-v"),
    pass: /-p (\S+)/.exec(options)![1],
    advbase: option(options, "-b"),
    advskew: option(options, "-k"),
    preempt: / -P\b/.test(options),
  };
}

function option(options: string, name: string): number {
  return Number(new RegExp(`(?:^| )${name} (\\d+)`).exec(options)![1]);
}

/** `time` is an ISO time of UTC with microseconds and without a zone. */
function since(startNs: bigint, time: string): number {
  const whole = BigInt(Date.parse(`${time.slice(0, 19)}Z`)) * 1_000_000n;
  return Number(whole - startNs) / 1e9 + Number(`0${time.slice(19)}`);
}

function toNs(seconds: string): bigint {
  const [whole, fraction = ""] = seconds.split(".");
  return BigInt(whole) * 1_000_000_000n + BigInt(fraction.padEnd(9, "0"));
}

function inOrder(entries: TimelineEntry[]): TimelineEntry[] {
  return entries.sort((one, other) => one.seconds - other.seconds);
}
