import { beforeEach, describe, expect, test } from "vitest";
import type { Configuration, VirtualHost } from "../../host/config/model.ts";
import { Core } from "../../host/core/core.ts";
import { createMemoryLink } from "../../host/link/memory.ts";
import { createWire } from "../../host/nic/memory.ts";
import type { Nic } from "../../host/nic/nic.ts";
import type { NodeEvent } from "../../host/node/api.ts";
import { CarpNode } from "../../host/node/node.ts";
import { carpFrame } from "../support/frames.ts";
import { transmitRing } from "../support/rings.ts";

const queueLength = 8;

let events: NodeEvent[];
let told: (readonly number[])[];
let ear: Nic;
let node: CarpNode;
let comeAndGo: () => void;

beforeEach(() => {
  const link = createMemoryLink();
  const wire = createWire({ queueLength });
  events = [];
  told = [];
  ear = wire.attach("ear");
  const plug = () => {
    const index = link.addInterface({ name: "eth0", mac: Uint8Array.of(2, 0, 0, 0, 0, 1) });
    link.addForeignAddress(index, { family: 4, address: "192.0.2.254", prefixLength: 24 });
    return index;
  };
  let index = plug();
  comeAndGo = () => {
    link.takeAway(index);
    node.turnLink();
    index = plug();
    node.turnLink();
  };
  node = new CarpNode(
    {
      core: new Core(),
      link,
      openNic: () => {
        const nic = wire.attach("eth0");
        nic.setVhids = (vhids) => told.push([...vhids]);
        return nic;
      },
      emit: (event) => events.push(event),
    },
    { sourceMac: "virtual" },
  );
});

describe("frames that the kernel dropped", () => {
  test("are shown, and told in the log once in ten seconds", () => {
    node.start(configuration(1));
    overflow(5);
    node.turn();
    expect(losses()).toEqual(["eth0: 5 frames lost in the kernel"]);
    overflow(7);
    node.turn();
    expect(losses()).toHaveLength(1);
    expect(node.status().interfaces[0].drops).toBe(12);
  });

  test("are no news where there are none", () => {
    node.start(configuration(1));
    overflow(0);
    node.turn();
    expect(losses()).toEqual([]);
  });
});

describe("the NIC's VHIDs", () => {
  test("are told once for all at the start, and when they change", () => {
    node.start(configuration(1, 2, 200));
    expect(told).toEqual([[1, 2, 200]]);
    node.ifconfig({ interface: "eth0", vhid: 7, addresses: ["192.0.2.7/24"] });
    expect(told.at(-1)).toEqual([1, 2, 200, 7]);
    node.reconfigure(configuration(2, 7).virtualHosts, false);
    expect(told.slice(2)).toEqual([[2, 7]]);
  });

  test("stay untold where a change leaves them alone", () => {
    node.start(configuration(1, 2));
    node.ifconfig({ interface: "eth0", vhid: 2, advskew: 50 });
    node.reconfigure(configuration(1, 2).virtualHosts, true);
    expect(told).toEqual([[1, 2]]);
  });

  test("are told to the NIC of an interface that has come back", () => {
    node.start(configuration(1, 2));
    comeAndGo();
    expect(told).toEqual([
      [1, 2],
      [1, 2],
    ]);
  });
});

/** Sends so many frames more than wait for the node. */
function overflow(count: number): void {
  const frames = Array.from({ length: queueLength + count }, () => carpFrame());
  expect(ear.send(transmitRing(frames), 0, frames.length)).toBe(frames.length);
}

function losses(): string[] {
  return events.flatMap((event) =>
    event.kind === "log" && event.message.includes("lost") ? [event.message] : [],
  );
}

function configuration(...vhids: number[]): Configuration {
  return { preempt: false, virtualHosts: vhids.map(virtualHost) } as Configuration;
}

function virtualHost(vhid: number): VirtualHost {
  return {
    interfaceName: "eth0",
    vhid,
    advbase: 1,
    advskew: 0,
    pass: new Uint8Array([1, 2, 3]),
    addresses: [{ family: 4, address: `192.0.2.${vhid}`, prefixLength: 24 }],
    virtualMac: false,
    position: { file: "test", line: 1, column: 1 },
  } as VirtualHost;
}
