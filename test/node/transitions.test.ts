import { beforeEach, expect, it } from "vitest";
import { Reason, State } from "../../assembly/abi.ts";
import type { VirtualHost } from "../../host/config/model.ts";
import type { CoreNews } from "../../host/core/records.ts";
import { Transitions } from "../../host/node/transitions.ts";

type Transition = Extract<CoreNews, { kind: "transition" }>;

const host: VirtualHost = {
  interfaceName: "eth0",
  vhid: 7,
  advbase: 1,
  advskew: 100,
  pass: new Uint8Array(0),
  addresses: [],
  virtualMac: false,
  position: { file: "test", line: 1, column: 1 },
};
const news: Transition = {
  kind: "transition",
  interfaceIndex: 0,
  vhid: 7,
  timeNs: 10_000_000_000n,
  from: State.Backup,
  to: State.Master,
  reason: Reason.MasterTimedOut,
  peer: { family: 4, source: Uint8Array.of(192, 0, 2, 3), advbase: 1, advskew: 20 },
  numbers: {
    effectiveSkew: 240,
    demotion: 240,
    heardAtNs: 6_609_000_000n,
    peerCounter: 0xabcdefn,
    latenessUs: 375,
  },
};
const order = { kind: "apply", interfaceIndex: 0, vhid: 7 } as const;
let transitions: Transitions;

beforeEach(() => {
  transitions = new Transitions();
});

it("explains a transition with the numbers that decided it", () => {
  let isApplied = false;
  transitions.time(order, () => {
    const until = performance.now() + 5;
    while (performance.now() < until);
    isApplied = true;
  });
  const event = transitions.explain(news, "eth0", host);
  expect(isApplied).toBe(true);
  expect(event).toMatchObject({
    kind: "transition",
    interface: "eth0",
    vhid: 7,
    from: "BACKUP",
    to: "MASTER",
    reason: "master timed out",
    peer: "192.0.2.3",
    monotonic_ms: 10_000,
    own: { advbase: 1, advskew: 240, demotion: 240 },
    heard: { source: "192.0.2.3", advbase: 1, advskew: 20, counter: "0x0000000000abcdef" },
    since_last_advertisement_ms: 3391,
    master_down_ms: 3390.625,
    lateness_ms: 0.375,
  });
  expect(event.apply_ms).toBeGreaterThanOrEqual(4.9);
  expect(event.apply_ms).toBeLessThan(5000);
  expect(JSON.parse(JSON.stringify(event))).toEqual(event);
});

it("has the time of the addresses for the MASTER that they were for, and for no other", () => {
  transitions.time(order, () => undefined);
  expect(transitions.explain({ ...news, vhid: 8 }, "eth0", host).apply_ms).toBeNull();
  expect(transitions.explain({ ...news, interfaceIndex: 1 }, "eth1", host).apply_ms).toBeNull();
  expect(transitions.explain({ ...news, to: State.Init }, "eth0", host).apply_ms).toBeNull();
  expect(transitions.explain(news, "eth0", host).apply_ms).toBeNull();
});

it("says that nobody was heard", () => {
  const event = transitions.explain({ ...news, peer: undefined }, "eth0", host);
  expect(event).toMatchObject({ peer: null, heard: null, since_last_advertisement_ms: null });
});

it("remembers the last 1024, oldest first", () => {
  for (let index = 0; index < 1500; index++)
    transitions.explain({ ...news, timeNs: BigInt(index) * 1_000_000n }, "eth0", host);
  const times = transitions.list().map(({ monotonic_ms }) => monotonic_ms);
  expect(times).toEqual(Array.from({ length: 1024 }, (_, index) => 1500 - 1024 + index));
});
