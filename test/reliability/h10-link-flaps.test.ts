import { afterEach, describe, expect, it, vi } from "vitest";
import type { LabNode } from "../../host/demo/nodes.ts";
import { createWire } from "../../host/nic/memory.ts";
import { electByHand } from "../support/elect.ts";
import {
  configuration,
  createMemoryNode,
  type MemoryNode,
  pass,
  prefixed,
  TestClock,
} from "../support/memory-node.ts";
import { withNetwork } from "../support/network.ts";
import { address, waitForState } from "../support/pair.ts";
import { sleep, waitFor } from "../support/wait.ts";

afterEach(() => vi.restoreAllMocks());

describe("H10: a link that flaps", () => {
  it.each(["carrier", "up"] as const)(
    "500 times by %s, 10 ms to 30 s: one pair of transitions each, never an address without a link",
    (what) => {
      const clock = new TestClock();
      const wire = createWire();
      const one = createMemoryNode({ wire });
      const two = createMemoryNode({ wire, last: 3 });
      const addresses = [prefixed("192.0.2.1/24")];
      one.node.start(configuration({ addresses }));
      two.node.start(configuration({ addresses, advskew: 100 }));
      pass(clock, 4000, [one, two]);
      expect(one.status().state).toBe("MASTER");
      for (let flap = 0; flap < 500; flap++) {
        const before = one.status().transitions;
        // Times that ascend by a factor, in an order that is no order.
        const downMs = 10 * 3000 ** (((flap * 7) % 50) / 50);
        const upMs = 10 * 250 ** (((flap * 3) % 50) / 50);
        one.link.change(one.eth0, { [what]: false });
        pass(clock, downMs, [one, two]);
        expect(one.status().state).toBe("INIT");
        expect(one.addresses()).toEqual(["192.0.2.2"]);
        one.link.change(one.eth0, { [what]: true });
        pass(clock, upMs, [one, two]);
        expect(one.status().transitions - before, `${upMs} ms up`).toBe(2);
        expect(one.status().state).toBe("BACKUP");
      }
      pass(clock, 10_000, [one, two]);
      const states = [one.status(), two.status()];
      expect(states.filter(({ state }) => state === "MASTER")).toHaveLength(1);
      expect(states.map(({ demotion }) => demotion)).toEqual([0, 0]);
      expect([holds(one), holds(two)]).toEqual(states.map(({ state }) => state === "MASTER"));
    },
  );

  it("as fast as the kernel can, in a namespace: nothing is left of it, and nobody is disturbed", async ({
    skip,
  }) => {
    const plan = ["one", "two"].map((name, index) => ({ name, addresses: [`192.168.1.${3 + index}/24`] }));
    await withNetwork(skip, ["carp", "tcpdump"], plan, async (network) => {
      const { one, two } = await electByHand(network, { vhid: 1, addresses: [address] });
      const { namespace } = network.lab.host("one");
      const flaps = 100;
      const before = (await one.status())[0].transitions;
      await namespace.run(["ip", "-batch", "-"], "link set eth0 down\nlink set eth0 up\n".repeat(flaps));
      await waitForState(one, 1, "BACKUP", 500);
      const flapped = (await one.status())[0].transitions;
      expect(flapped - before).toBeLessThanOrEqual(2 * flaps);
      expect(await network.addresses("one")).not.toContain(address);
      // Whose master-down time ends first takes over, once, and that is all.
      const nodes = [one, two];
      const isMaster = async (node: LabNode) => (await node.status())[0].state === "MASTER";
      await waitFor(async () => (await Promise.all(nodes.map(isMaster))).includes(true), 4500, "a MASTER");
      await sleep(1200);
      const [[first], [second]] = await Promise.all(nodes.map((node) => node.status()));
      expect([first.state, second.state].sort()).toEqual(["BACKUP", "MASTER"]);
      expect([first.demotion, second.demotion]).toEqual([0, 0]);
      expect(first.transitions - flapped).toBeLessThanOrEqual(1);
      expect(second.transitions).toBeLessThanOrEqual(2);
      expect((await network.addresses("one")).includes(address)).toBe(first.state === "MASTER");
    });
  });
});

function holds(one: MemoryNode): boolean {
  return one.addresses().includes("192.0.2.1");
}
