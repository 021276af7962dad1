import { afterEach, describe, expect, it, test, vi } from "vitest";
import { makeMaster } from "../support/adverts.ts";
import { configuration, createMemoryNode, pass, TestClock } from "../support/memory-node.ts";
import { withNetwork } from "../support/network.ts";
import { address, waitForAddress, waitForState } from "../support/pair.ts";
import { waitFor } from "../support/wait.ts";

afterEach(() => vi.restoreAllMocks());

const shared = [
  { family: 4, address: "192.0.2.1", prefixLength: 24 },
  { family: 6, address: "2001:db8::1", prefixLength: 64 },
] as const;
const all = ["192.0.2.1", "192.0.2.2", "2001:db8::1"];

describe("H6: an address that somebody takes from a MASTER", () => {
  it.each(shared)(
    "$address is put back twice in a minute; the third time the node steps down, demoted",
    (taken) => {
      const { clock, one } = startMaster();
      for (let time = 0; time < 2; time++) {
        one.link.removeByHand(one.eth0, taken);
        pass(clock, 10_000, [one]);
        expect(one.addresses()).toEqual(all);
        expect(one.status()).toMatchObject({ state: "MASTER", demotion: 0 });
      }
      one.link.removeByHand(one.eth0, taken);
      pass(clock, 1000, [one]);
      expect(one.status()).toMatchObject({ state: "BACKUP", demotion: 240 });
      expect(one.addresses()).toEqual(["192.0.2.2"]);
      pass(clock, 70_000, [one]);
      expect(one.status()).toMatchObject({ state: "MASTER", demotion: 0, problem: null });
    },
  );

  it("is put back every time where that is seldom", () => {
    const { clock, one } = startMaster();
    for (let time = 0; time < 10; time++) {
      one.link.removeByHand(one.eth0, shared[0]);
      pass(clock, 31_000, [one]);
    }
    expect(one.status()).toMatchObject({ state: "MASTER", transitions: 2 });
    expect(one.log("warning").filter((line) => line.includes("is put back"))).toHaveLength(10);
  });

  it("with all others, as by ip addr flush: one time, however many they are", () => {
    const { clock, one } = startMaster();
    for (let time = 0; time < 2; time++) {
      for (const taken of shared) one.link.removeByHand(one.eth0, taken);
      pass(clock, 1000, [one]);
    }
    expect(one.status().state).toBe("MASTER");
    expect(one.addresses()).toEqual(all);
  });

  it("is not put back on an interface that is down, nor by a BACKUP", () => {
    const { clock, one } = startMaster();
    one.link.change(one.eth0, { up: false });
    one.link.removeByHand(one.eth0, shared[1]);
    pass(clock, 1000, [one]);
    expect(one.status().state).toBe("INIT");
    expect(one.addresses()).toEqual(["192.0.2.2"]);
    expect(one.log("warning").filter((line) => line.includes("is put back"))).toEqual([]);
  });
});

test("H6: ip addr del, in the kernel: the same", async ({ skip }) => {
  await withNetwork(
    skip,
    ["carp", "tcpdump"],
    [{ name: "one", addresses: ["192.168.1.3/24"] }],
    async (network) => {
      const one = await network.carp("one", { vhid: 1, addresses: [address] });
      await makeMaster(one);
      const { namespace } = network.lab.host("one");
      for (const times of [1, 2]) {
        await namespace.run(["ip", "addr", "del", `${address}/32`, "dev", "eth0"]);
        const told = () => one.lines.filter(({ text }) => text.includes("is put back")).length === times;
        await waitFor(told, 1000, `put back ${times} times`);
        await waitForAddress(network, "one", "held", 250);
      }
      await namespace.run(["ip", "addr", "del", `${address}/32`, "dev", "eth0"]);
      await waitForState(one, 1, "BACKUP", 1000);
      await waitForAddress(network, "one", "gone", 250);
      expect((await one.status())[0]).toMatchObject({ demotion: 240 });
    },
  );
});

function startMaster() {
  const clock = new TestClock();
  const one = createMemoryNode();
  one.node.start(configuration());
  pass(clock, 4000, [one]);
  expect(one.addresses()).toEqual(all);
  return { clock, one };
}
