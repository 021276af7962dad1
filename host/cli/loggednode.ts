import { type InterfaceMap, mapName } from "../config/map.ts";
import type { Configuration, VirtualHost } from "../config/model.ts";
import type { Hooks } from "../hooks/hooks.ts";
import type { LogWriter } from "../log.ts";
import type {
  IfconfigChange,
  NodeController,
  NodeEvent,
  NodeStatus,
  SysctlName,
  TransitionEvent,
} from "../node/api.ts";
import { formatTable } from "./statustable.ts";
import { formatEvent } from "./words.ts";

/** Writes a node's events to the log as `net.inet.carp.log` says (protocol §3.3): trouble at every level. */
export class EventLog {
  readonly writer: LogWriter;
  level = 1;

  constructor(writer: LogWriter) {
    this.writer = writer;
  }

  note(event: NodeEvent): void {
    const isTrouble = event.kind === "log" && event.level !== "info";
    if (this.level > 0 || isTrouble) this.writer.write(formatEvent(event), new Date(event.at));
  }
}

/** A node whose `net.inet.carp.log` is the level of a log. */
export class LoggedNode implements NodeController {
  private readonly node: NodeController;
  private readonly events: EventLog;
  private readonly map: InterfaceMap;
  private readonly hooks: Pick<Hooks, "timeouts">;

  /** `map` translates the configuration's interface names, which the operator may use as well. */
  constructor(
    node: NodeController,
    events: EventLog,
    map: InterfaceMap = new Map(),
    hooks: Pick<Hooks, "timeouts"> = { timeouts: 0 },
  ) {
    this.hooks = hooks;
    this.node = node;
    this.events = events;
    this.map = map;
  }

  /** Says what the node runs: a line for each virtual host. */
  async announce({ virtualHosts }: Configuration): Promise<void> {
    this.events.level = await this.node.sysctl("log");
    if (this.events.level === 0) return;
    for (const { vhid, interfaceName, addresses, advbase, advskew } of virtualHosts) {
      const list = addresses.map(({ address, prefixLength }) => `${address}/${prefixLength}`).join(" ");
      this.events.writer.write(`${vhid}@${interfaceName}: advbase ${advbase} advskew ${advskew}, ${list}`);
    }
  }

  /** Writes the table of `carp status` to the log. */
  async logStatus(): Promise<void> {
    const lines = formatTable(await this.node.status())
      .trimEnd()
      .split("\n");
    for (const line of lines) this.events.writer.write(line);
  }

  /** Hands every address over: each MASTER goes to BACKUP, as `carp ifconfig IF vhid N state backup` has it do. */
  async handOver(): Promise<void> {
    for (const { interface: name, vhid, state } of (await this.node.status()).virtual_hosts) {
      if (state === "MASTER") await this.node.ifconfig({ interface: name, vhid, state: "BACKUP" });
    }
  }

  async status(): Promise<NodeStatus> {
    const status = await this.node.status();
    const aliases = Object.fromEntries(this.map);
    const [log_lines_dropped, hook_timeouts] = [this.events.writer.dropped, this.hooks.timeouts];
    return { ...status, aliases, log_lines_dropped, hook_timeouts };
  }

  ifconfig(change: IfconfigChange): Promise<void> {
    return this.node.ifconfig({ ...change, interface: mapName(this.map, change.interface) });
  }

  async sysctl(name: SysctlName, value?: number): Promise<number> {
    const result = await this.node.sysctl(name, value);
    if (name === "log") this.events.level = result;
    return result;
  }

  reconfigure(virtualHosts: readonly VirtualHost[], preempt: boolean): Promise<void> {
    return this.node.reconfigure(virtualHosts, preempt);
  }

  transitions(): Promise<readonly TransitionEvent[]> {
    return this.node.transitions();
  }

  record(occasion: string): Promise<Uint8Array> {
    return this.node.record(occasion);
  }

  subscribe(listener: (event: NodeEvent) => void): () => void {
    return this.node.subscribe(listener);
  }

  stop(): Promise<void> {
    return this.node.stop();
  }
}
