import { cp, readFile, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import { instantiate } from "../../host/core/load.ts";
import { startNode } from "../../host/demo/nodes.ts";
import { createWire } from "../../host/nic/memory.ts";
import { startOnEventLoop } from "../../host/node/event-loop.ts";
import { makeMaster, nodeStatus } from "../support/adverts.ts";
import { coreCalls, createFaultyCore } from "../support/faulty-core.ts";
import {
  configuration,
  createMemoryNode,
  type MemoryNode,
  pass,
  prefixed,
  TestClock,
} from "../support/memory-node.ts";
import { program, withNetwork } from "../support/network.ts";
import { address, waitForAddress, waitForState } from "../support/pair.ts";
import { filesBelow, read } from "../support/sources.ts";
import { waitFor } from "../support/wait.ts";

afterEach(() => vi.restoreAllMocks());

describe("H16: a trap in the core", () => {
  it.each(coreCalls)(
    "in %s: the addresses go, another instance begins as BACKUP, and takes over again",
    (call) => {
      const { clock, one, faults } = createTrappingNode();
      one.node.start(configuration({ advskew: 7 }));
      one.node.sysctl("preempt", 1);
      one.node.sysctl("dscp", 8);
      one.node.sysctl("demotion", 5);
      pass(clock, 4000, [one]);
      expect(one.status().state).toBe("MASTER");
      faults.trap(call);
      provoke(one, clock);
      expect(faults.instances).toBe(2);
      expect(one.addresses()).toEqual(["192.0.2.2"]);
      expect(one.status()).toMatchObject({ state: "BACKUP", advskew: 7, demotion: 5, problem: null });
      expect(one.node.status()).toMatchObject({ core_restarts: 1, preempt: 1 });
      expect(one.node.sysctl("dscp")).toBe(8);
      expect(one.log("error")).toEqual([
        `the core failed, ${call}: unreachable: another one begins, every virtual host as BACKUP`,
      ]);
      expect(transitions(one).slice(-2)).toEqual([
        "MASTER -> INIT: core failed",
        "INIT -> BACKUP: initialization complete",
      ]);
      pass(clock, 4000, [one]);
      expect(one.status().state).toBe("MASTER");
      expect(one.addresses()).toContain("192.0.2.1");
    },
  );

  it("the new instance hears and is heard: the other node of a pair takes over, and is not disturbed", () => {
    const wire = createWire();
    const { clock, one, faults } = createTrappingNode(wire);
    const two = createMemoryNode({ wire, last: 3 });
    const addresses = [prefixed("192.0.2.1/24")];
    one.node.start(configuration({ addresses }));
    two.node.start(configuration({ addresses, advskew: 100 }));
    pass(clock, 4000, [one, two]);
    expect([one.status().state, two.status().state]).toEqual(["MASTER", "BACKUP"]);
    faults.trap("handleTimeout");
    pass(clock, 1001, [trapped(one), two]);
    expect([one.status().state, two.status().state]).toEqual(["BACKUP", "BACKUP"]);
    one.become("MASTER");
    pass(clock, 100, [one, two]);
    expect(two.status()).toMatchObject({ state: "BACKUP", master: "192.0.2.2", counters: { badauth: 0 } });
    one.become("BACKUP");
    pass(clock, 5000, [one, two]);
    expect([one.status(), two.status()]).toMatchObject([
      { state: "BACKUP", master: "192.0.2.3" },
      { state: "MASTER", counters: { badauth: 0 } },
    ]);
  });

  it("is outlived three times in a minute; at the fourth the node ends, without an address", () => {
    const { clock, one, faults } = createTrappingNode();
    one.node.start(configuration());
    for (let time = 0; time < 3; time++) {
      one.become("MASTER");
      faults.trap("handleTimeout");
      provoke(one, clock);
      expect(one.status().state).toBe("BACKUP");
    }
    clock.nowNs += 61_000_000_000n;
    one.become("MASTER");
    faults.trap("handleTimeout");
    provoke(one, clock);
    expect(one.node.status().core_restarts).toBe(4);
    one.become("MASTER");
    expect(one.addresses()).toContain("192.0.2.1");
    faults.trap("handleTimeout");
    faults.trap("handleCommand", 3);
    expect(() => provoke(one, clock)).toThrow(/keeps failing, handleCommand: unreachable/);
    expect(one.addresses()).toEqual(["192.0.2.2"]);
  });

  it("on the event loop, goes on as well, and at last tells whoever started the node", async () => {
    const faults = createFaultyCore();
    const { link, log, events } = createMemoryNode();
    const failures: Error[] = [];
    const wire = createWire();
    const parts = {
      core: faults.core,
      link,
      openNic: () => wire.attach("node"),
      onFailure: (error: Error) => failures.push(error),
    };
    const controller = startOnEventLoop(
      { ...parts, onEvent: (event) => events.push(event) },
      configuration(),
      { sourceMac: "virtual" },
    );
    await controller.ifconfig({ interface: "eth0", vhid: 1, state: "MASTER" });
    faults.trap("pollEvents");
    await expect(controller.sysctl("demotion", 3)).rejects.toThrow(
      /the core failed, pollEvents: unreachable, and begins anew: ask again/,
    );
    expect((await controller.status()).virtual_hosts[0].state).toBe("BACKUP");
    expect(log("error")).toHaveLength(1);
    await controller.ifconfig({ interface: "eth0", vhid: 1, state: "MASTER" });
    faults.trap("handleCommand", 9);
    await expect(controller.ifconfig({ interface: "eth0", vhid: 1, state: "BACKUP" })).rejects.toThrow(
      /core failed/,
    );
    expect(failures.map(({ message }) => message)).toEqual([expect.stringMatching(/keeps failing/)]);
    expect(link.find("eth0")?.addresses.map(({ address }) => address)).toEqual(["192.0.2.2"]);
  });

  it("leaves other errors to whoever called", () => {
    const { one } = createTrappingNode();
    one.node.start(configuration());
    one.become("MASTER");
    expect(() => one.node.recover(new TypeError("a defect"))).toThrow("a defect");
    expect(one.status().state).toBe("MASTER");
  });

  it("the core's memory is its own and never grows, and no thread shares it", () => {
    const { memory } = instantiate() as unknown as { memory: WebAssembly.Memory };
    expect(memory.buffer).toBeInstanceOf(ArrayBuffer);
    expect(() => memory.grow(1)).toThrow(RangeError);
    const sharing = /\bSharedArrayBuffer\b|\bshared: *true\b/;
    expect(
      [...filesBelow("host"), ...filesBelow("assembly")].filter((file) => sharing.test(read(file))),
    ).toEqual([]);
  });
});

describe("H16: a trap in the packet thread", () => {
  it("drops the address, goes on as BACKUP, and takes over; one trap after the other ends the program", async ({
    skip,
  }) => {
    const plan = [{ name: "one", addresses: ["192.168.1.3/24"] }];
    await withNetwork(skip, ["carp", "tcpdump"], plan, async (network) => {
      const [planted, signal] = await plantTraps(network.folder);
      const passFile = join(network.folder, "pass");
      await writeFile(passFile, "testpass\n", { mode: 0o600 });
      const argv = ["--interface", "eth0", "--vhid", "1", "--pass-file", passFile, `${address}/32`];
      const node = startNode(network.lab.host("one"), planted, join(network.folder, "n.sock"), argv);
      await makeMaster(node);
      await writeFile(signal, "1");
      await waitForState(node, 1, "BACKUP", 1500);
      await waitForAddress(network, "one", "gone", 250);
      expect((await nodeStatus(node)).core_restarts).toBe(1);
      await waitForState(node, 1, "MASTER", 5000);
      await waitForAddress(network, "one", "held", 250);
      await waitFor(() => network.observer.heard(1).length >= 3, 2500, "advertisements of the new instance");
      const counters = network.observer.heard(1).map(({ counter }) => counter);
      expect(counters).toEqual([...counters].sort((a, b) => (a < b ? -1 : 1)));
      await writeFile(signal, "9");
      expect(await node.ended).toBe(1);
      expect(await network.addresses("one")).not.toContain(address);
      expect(node.lines.filter(({ text }) => /the core keeps failing/.test(text))).toHaveLength(1);
    });
  });
});

/** A node whose core can be made to trap, at a time that stands still. */
function createTrappingNode(wire = createWire()) {
  const clock = new TestClock();
  const faults = createFaultyCore();
  return { clock, faults, one: createMemoryNode({ core: faults.core, wire }) };
}

/** Has the node do everything that it does, as the packet thread has it, for a little more than an interval. */
function provoke(one: MemoryNode, clock: TestClock): void {
  one.nic.hear(new Uint8Array(60));
  one.link.change(one.eth0, {});
  pass(clock, 1100, [trapped(one)]);
}

/** The node with its recovery, as whoever drives it sees it. */
function trapped(one: MemoryNode): MemoryNode {
  const guarded = <Result>(work: () => Result, otherwise: Result): Result => {
    try {
      return work();
    } catch (error) {
      one.node.recover(error);
      return otherwise;
    }
  };
  const node = Object.create(one.node, {
    turn: { value: () => guarded(() => one.node.turn(), 0) },
    turnLink: { value: () => guarded(() => one.node.turnLink(), undefined) },
    deadlineNs: { value: () => guarded(() => one.node.deadlineNs(), 0n) },
  });
  return { ...one, node };
}

function transitions({ events }: MemoryNode): string[] {
  return events.flatMap((event) =>
    event.kind === "transition" ? [`${event.from} -> ${event.to}: ${event.reason}`] : [],
  );
}

/** A copy of the program whose core traps as often as a file says, and the path of that file. */
async function plantTraps(folder: string): Promise<[program: string, signal: string]> {
  const copy = join(folder, "program");
  const signal = join(folder, "traps");
  await cp(join(dirname(program), ".."), join(copy, "build"), { recursive: true });
  await symlink(join(dirname(program), "../../node_modules"), join(copy, "node_modules"));
  await writeFile(join(copy, "package.json"), '{ "type": "module" }\n');
  const file = join(copy, "build/host/core/trap.js");
  const source = await readFile(file, "utf8");
  const call = "return call(one, other);";
  if (!source.includes(call)) throw new Error("the place for the trap is not there any more");
  const plant = `
import { existsSync, readFileSync, unlinkSync, writeFileSync } from "node:fs";
function plant(name) {
  if (name !== "handleTimeout" || !existsSync(${JSON.stringify(signal)})) return;
  const times = Number(readFileSync(${JSON.stringify(signal)}, "utf8"));
  if (times > 1) writeFileSync(${JSON.stringify(signal)}, String(times - 1));
  else unlinkSync(${JSON.stringify(signal)});
  throw new WebAssembly.RuntimeError("unreachable");
}
`;
  await writeFile(file, plant + source.replace(call, `plant(name); ${call}`));
  return [join(copy, "build/host/main.js"), signal];
}
