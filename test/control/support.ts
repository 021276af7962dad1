import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { type ControlOptions, type ControlServer, listenControl } from "../../host/control/server.ts";
import type {
  IfconfigChange,
  NodeController,
  NodeEvent,
  NodeStatus,
  SysctlName,
  TransitionEvent,
  VirtualHostStatus,
} from "../../host/node/api.ts";

/** A node that keeps what it is told and says what a test gives it. */
export class StandInNode implements NodeController {
  readonly changes: IfconfigChange[] = [];
  readonly configurations: { readonly vhids: readonly number[]; readonly preempt: boolean }[] = [];
  readonly sysctls = new Map<SysctlName, number>([
    ["allow", 1],
    ["preempt", 0],
    ["log", 1],
    ["dscp", 56],
    ["demotion", 0],
    ["senderr_demotion_factor", 240],
    ["replay", 1],
    ["freshness", 0],
    ["ifdown_demotion_factor", 240],
  ]);
  readonly listeners = new Set<(event: NodeEvent) => void>();
  hosts: readonly VirtualHostStatus[] = [
    virtualHost({}),
    virtualHost({ vhid: 2, state: "MASTER", master: "self" }),
  ];
  /** Thrown by the next call. */
  trouble: Error | undefined;
  stops = 0;

  async status(): Promise<NodeStatus> {
    this.fail();
    return nodeStatus({ virtual_hosts: this.hosts });
  }

  async ifconfig(change: IfconfigChange): Promise<void> {
    this.fail();
    this.changes.push(change);
  }

  async sysctl(name: SysctlName, value?: number): Promise<number> {
    this.fail();
    const old = this.sysctls.get(name) as number;
    if (value !== undefined) this.sysctls.set(name, name === "demotion" ? old + value : value);
    return this.sysctls.get(name) as number;
  }

  async reconfigure(virtualHosts: readonly { readonly vhid: number }[], preempt: boolean): Promise<void> {
    this.fail();
    this.configurations.push({ vhids: virtualHosts.map(({ vhid }) => vhid), preempt });
  }

  async transitions(): Promise<readonly TransitionEvent[]> {
    this.fail();
    return [transition, { ...transition, vhid: 3 }];
  }

  async record(occasion: string): Promise<Uint8Array> {
    this.fail();
    return Buffer.from(`a recording, ${occasion}`);
  }

  subscribe(listener: (event: NodeEvent) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  async stop(): Promise<void> {
    this.stops++;
  }

  emit(event: NodeEvent): void {
    for (const listener of this.listeners) listener(event);
  }

  private fail(): void {
    const { trouble } = this;
    this.trouble = undefined;
    if (trouble !== undefined) throw trouble;
  }
}

export function virtualHost(changes: Partial<VirtualHostStatus>): VirtualHostStatus {
  const vhid = changes.vhid ?? 1;
  return {
    schema: 1,
    interface: "eth0",
    vhid,
    state: "BACKUP",
    advbase: 1,
    advskew: 100,
    counter_class: "unknown",
    strictness: "learning",
    strict_ready: false,
    demotion: 0,
    addresses: [`192.168.1.${49 + vhid}/32`],
    master: "192.168.1.3",
    since: "2026-11-19T12:00:00.000Z",
    last_transition: {
      from: "INIT",
      to: "BACKUP",
      reason: "initialization complete",
      at: "2026-11-19T12:00:00.000Z",
    },
    counters: { ipackets: 259_236, badauth: 0, opackets: 0 },
    problem: null,
    virtual_mac: false,
    advertisement_interval_ms: 1390.625,
    master_down_ms: 3390.625,
    next_event_ms: 2400,
    transitions: 1,
    ...changes,
  };
}

export function nodeStatus(changes: Partial<NodeStatus>): NodeStatus {
  return {
    schema: 1,
    virtual_hosts: [virtualHost({})],
    aliases: {},
    lease: true,
    lease_late: 0,
    scheduling: "normal",
    core_restarts: 0,
    log_lines_dropped: 0,
    hook_timeouts: 0,
    lateness_ms: { count: 0, p50: 0, p99: 0, p999: 0, max: 0 },
    interfaces: [
      {
        name: "eth0",
        flags: 4163,
        flag_words: ["UP", "BROADCAST", "RUNNING", "MULTICAST"],
        addresses: ["192.168.1.5/24"],
        io: "packet",
        drops: 0,
      },
    ],
    preempt: 0,
    allow: 1,
    demotion: 0,
    core: "simd",
    io: "packet",
    started: "2026-11-19T12:00:00.000Z",
    pid: process.pid,
    counters: { ipackets: 259_236 },
    ...changes,
  };
}

export const transition: TransitionEvent = {
  kind: "transition",
  at: "2026-11-22T12:01:07.336Z",
  interface: "eth0",
  vhid: 2,
  from: "BACKUP",
  to: "MASTER",
  reason: "master timed out",
  peer: "192.168.1.3",
  monotonic_ms: 81_234.567,
  own: { advbase: 1, advskew: 100, demotion: 0 },
  heard: { source: "192.168.1.3", advbase: 1, advskew: 0, counter: "0x0123456789abcdef" },
  since_last_advertisement_ms: 3390.812,
  master_down_ms: 3390.625,
  lateness_ms: 0.187,
  apply_ms: 0.642,
};

/** A directory that goes when the test ends. */
export function temporaryDirectory(): string {
  const path = mkdtempSync(join(tmpdir(), "carp-test-"));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

export interface TestServer {
  readonly path: string;
  readonly node: StandInNode;
  readonly defects: unknown[];
  readonly server: ControlServer;
}

/** A control socket in front of a stand-in; it is closed when the test ends. */
export async function serve(changes: Partial<ControlOptions> = {}): Promise<TestServer> {
  const path = join(temporaryDirectory(), "c.sock");
  const node = new StandInNode();
  const defects: unknown[] = [];
  const server = await listenControl({
    path,
    controller: () => node,
    reload: async () => [],
    onDefect: (error) => defects.push(error),
    ...changes,
  });
  onTestFinished(() => server.close());
  return { path, node, defects, server };
}
