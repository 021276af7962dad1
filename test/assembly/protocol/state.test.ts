import { beforeEach, describe, expect, test } from "vitest";
import * as abi from "../../../assembly/abi.ts";
import {
  Driver,
  inShort,
  inWords,
  JITTER,
  linkedFlags,
  SECOND,
  skewTime,
  type VirtualHost,
} from "../../support/driver.ts";
import { addressBytes } from "../../support/frames.ts";

const { Init, Backup, Master } = abi.State;
const never = 0x7fff_ffff_ffff_ffffn;
/** Own advbase 1 and advskew 100: the rank that peers are compared with. */
const own: VirtualHost = { advbase: 1, advskew: 100 };

/** What a master sends that steps down for a better one. */
const farewell = "1/100";
const becomeMaster = (reason: string) => ["apply", `BACKUP>MASTER ${reason}`];
const stepDown = (reason: string) => ["withdraw", `MASTER>BACKUP ${reason}`];
const restart = (from: string) => [`${from}>INIT HardwareInterfaceUp`, "INIT>BACKUP InitializationComplete"];

let driver: Driver;
beforeEach(() => {
  driver = new Driver();
});

/** Whether the master-down timer was armed just now, from configured advbase and advskew. */
function expectArmed(base = 1, configuredSkew = 100, jitter = JITTER): void {
  const left =
    driver.instance().masterDownDeadlineNs -
    driver.now -
    BigInt(3 * base) * SECOND -
    skewTime(configuredSkew);
  expect(left).toBeGreaterThanOrEqual(0n);
  expect(left).toBeLessThan(jitter);
}

/** What was sent since it was last asked. */
function sent(): string[] {
  return inShort(driver.takeFrames());
}

type Outcome = "INIT" | "BACKUP" | "MASTER" | "armed" | "armed for a tie" | "untouched";

/** One line of the table of protocol §6.1: what happens in which state, and what comes of it. */
interface Cell {
  readonly event: string;
  readonly preempt?: boolean;
  readonly act: (driver: Driver) => unknown;
  readonly init: readonly [Outcome, ...string[]];
  readonly backup: readonly [Outcome, ...string[]];
  readonly master: readonly [Outcome, ...string[]];
}

const hear = (advbase: number, advskew: number) => (on: Driver) => on.hear({ advbase, advskew });
const bothWays = (cell: Omit<Cell, "preempt">): Cell[] => [
  { ...cell, preempt: false },
  { ...cell, preempt: true },
];
const newAddress = (on: Driver) =>
  on.do(() => on.core.setAddresses(0, 1, ["192.168.1.50", "192.168.1.51"].map(addressBytes)));
const userBackup = (on: Driver) => on.do(() => on.core.setState(0, 1, Backup));
const userMaster = (on: Driver) => on.do(() => on.core.setState(0, 1, Master));
const userInit = (on: Driver) => on.do(() => on.core.setState(0, 1, Init));

const table: Cell[] = [
  ...bothWays({
    event: "a faster advertisement, 1/99",
    act: hear(1, 99),
    init: ["untouched"],
    backup: ["armed"],
    master: ["armed", ...stepDown("MoreFrequentAdvertisement")],
  }),
  ...bothWays({
    event: "an advertisement as frequent, 1/100",
    act: hear(1, 100),
    init: ["untouched"],
    backup: ["armed"],
    master: ["armed for a tie", ...stepDown("MoreFrequentAdvertisement")],
  }),
  {
    event: "a slower advertisement, 1/101, without preempt",
    act: hear(1, 101),
    init: ["untouched"],
    backup: ["armed"],
    master: ["untouched"],
  },
  {
    event: "a slower advertisement, 1/101, with preempt",
    preempt: true,
    act: hear(1, 101),
    init: ["untouched"],
    backup: ["MASTER", ...becomeMaster("PreemptingSlowerMaster")],
    master: ["untouched"],
  },
  {
    event: "an advertisement of an OpenBSD host without a second, 0/255",
    preempt: true,
    act: hear(0, 255),
    init: ["untouched"],
    backup: ["armed"],
    master: ["armed", ...stepDown("MoreFrequentAdvertisement")],
  },
  {
    event: "just not too slow, 3/100",
    act: hear(3, 100),
    init: ["untouched"],
    backup: ["armed"],
    master: ["untouched"],
  },
  {
    event: "just too slow, 3/101",
    act: hear(3, 101),
    init: ["untouched"],
    backup: ["MASTER", ...becomeMaster("MasterWillTimeOut")],
    master: ["untouched"],
  },
  {
    event: "a longer second, 2/255",
    act: hear(2, 255),
    init: ["untouched"],
    backup: ["armed"],
    master: ["untouched"],
  },
  {
    event: "a bow-out",
    act: hear(255, 255),
    init: ["untouched"],
    backup: ["MASTER", ...becomeMaster("MasterWillTimeOut")],
    master: ["untouched"],
  },
  {
    event: "a bow-out, with preempt",
    preempt: true,
    act: hear(255, 255),
    init: ["untouched"],
    backup: ["MASTER", ...becomeMaster("PreemptingSlowerMaster")],
    master: ["untouched"],
  },
  {
    event: "an address more",
    act: newAddress,
    init: ["untouched"],
    backup: ["armed", ...restart("BACKUP")],
    master: ["armed", "withdraw", ...restart("MASTER")],
  },
  {
    event: "the same addresses again",
    act: (on) => on.do(() => on.core.setAddresses(0, 1, [addressBytes("192.168.1.50")])),
    init: ["untouched"],
    backup: ["untouched"],
    master: ["untouched"],
  },
  {
    event: "no address any more",
    act: (on) => on.do(() => on.core.setAddresses(0, 1, [])),
    init: ["untouched"],
    backup: ["INIT", "BACKUP>INIT HardwareInterfaceDown"],
    master: ["INIT", "withdraw", "MASTER>INIT HardwareInterfaceDown"],
  },
  {
    event: "`state backup`",
    act: userBackup,
    init: ["untouched"],
    backup: ["untouched"],
    master: ["armed", ...stepDown("UserRequested")],
  },
  {
    event: "`state master`",
    act: userMaster,
    init: ["untouched"],
    backup: ["MASTER", ...becomeMaster("UserRequested")],
    master: ["untouched"],
  },
  { event: "`state init`", act: userInit, init: ["untouched"], backup: ["untouched"], master: ["untouched"] },
  {
    event: "other parameters",
    act: (on) =>
      on.do(() => on.core.setVirtualHost(0, 1, { advskew: 7, key: new Uint8Array(Buffer.from("new")) })),
    init: ["untouched"],
    backup: ["untouched"],
    master: ["untouched"],
  },
  {
    event: "leaving",
    act: (on) => on.do(() => on.core.leave(0, 1)),
    init: ["untouched"],
    backup: ["INIT", "BACKUP>INIT NodeStopped"],
    master: ["INIT", "withdraw", "MASTER>INIT NodeStopped"],
  },
  {
    event: "a lost carrier",
    act: (on) => on.do(() => on.setLink(abi.InterfaceFlag.Up)),
    init: ["untouched"],
    backup: ["INIT", "demotion +240 InterfaceDown", "BACKUP>INIT HardwareInterfaceDown"],
    master: ["INIT", "demotion +240 InterfaceDown", "withdraw", "MASTER>INIT HardwareInterfaceDown"],
  },
  {
    event: "an interface that is shut",
    act: (on) => on.do(() => on.setLink(abi.InterfaceFlag.Carrier)),
    init: ["untouched"],
    backup: ["INIT", "demotion +240 InterfaceDown", "BACKUP>INIT HardwareInterfaceDown"],
    master: ["INIT", "demotion +240 InterfaceDown", "withdraw", "MASTER>INIT HardwareInterfaceDown"],
  },
  {
    event: "a new MAC with the same link",
    act: (on) => on.do(() => on.setLink(on.instance().state === Init ? 0 : linkedFlags)),
    init: ["untouched"],
    backup: ["untouched"],
    master: ["untouched"],
  },
  {
    event: "a link that comes up",
    act: (on) => on.do(() => on.setLink(linkedFlags)),
    init: ["armed", "demotion -240 InterfaceUp", "INIT>BACKUP InitializationComplete"],
    backup: ["untouched"],
    master: ["untouched"],
  },
  {
    event: "net.inet.carp.allow = 0",
    act: (on) => on.do(() => on.core.setOption(abi.Option.Allow, 0)),
    init: ["untouched"],
    backup: ["INIT", "demotion +240 InterfaceDown", "BACKUP>INIT HardwareInterfaceDown"],
    master: ["INIT", "demotion +240 InterfaceDown", "withdraw", "MASTER>INIT HardwareInterfaceDown"],
  },
];

describe("the table of protocol §6.1", () => {
  const cells = table.flatMap((cell) =>
    ([Init, Backup, Master] as const).map((state) => ({
      ...cell,
      state,
      name: `${cell.event}${cell.preempt ? ", preempt on" : ""} in ${abi.State[state].toUpperCase()}`,
      expected: [cell.init, cell.backup, cell.master][state],
    })),
  );

  test.each(cells)("$name", ({ act, state, preempt, expected }) => {
    driver.core.setOption(abi.Option.Preempt, preempt ? 1 : 0);
    driver.addIn(state, own);
    driver.runUntil(driver.now + SECOND / 2n);
    const before = driver.instance();
    act(driver);
    const [outcome, ...events] = expected;
    expect(inWords(driver.takeEvents())).toEqual(events.map((event) => words(event)));
    const after = driver.instance();
    if (outcome === "untouched") {
      expect(after.state).toBe(state);
      expect(after.transitions).toBe(before.transitions);
      expect(after.masterDownDeadlineNs).toBe(before.masterDownDeadlineNs);
      expect(after.advertiseDeadlineNs).toBe(before.advertiseDeadlineNs);
    } else if (outcome.startsWith("armed")) {
      expect(after.state).toBe(Backup);
      expectArmed(1, 100, outcome === "armed" ? JITTER : JITTER + SECOND / 8n);
      expect(after.advertiseDeadlineNs).toBe(never);
    } else if (outcome === "MASTER") {
      expect(after).toMatchObject({ state: Master, masterDownDeadlineNs: never });
      expect(after.advertiseDeadlineNs).toBe(driver.now + SECOND + skewTime(100));
      expect(sent()).toEqual(["1/100", "ArpRequest", "ArpReply"]);
    } else {
      expect(after).toMatchObject({ state: Init, masterDownDeadlineNs: never, advertiseDeadlineNs: never });
      expect(driver.core.pollTimeout()).toBe(never);
    }
  });

  test("a master-down timer that ends makes a BACKUP the MASTER", () => {
    driver.addIn(Backup, own);
    const deadline = driver.instance().masterDownDeadlineNs;
    driver.runUntil(deadline - 1n);
    expect(driver.takeEvents()).toEqual([]);
    driver.runUntil(deadline);
    expect(inWords(driver.takeEvents())).toEqual(becomeMaster("MasterTimedOut").map(words));
    expect(driver.instance().sinceNs).toBe(deadline);
  });

  test("a MASTER advertises with its interval, by absolute deadlines", () => {
    driver.addIn(Master, own);
    const begun = driver.now;
    driver.runUntil(begun + 5n * SECOND);
    const times = driver.takeFrames().filter(({ kind }) => kind === abi.FrameKind.Advertisement4);
    const interval = SECOND + skewTime(100);
    expect(times.map(({ timeNs }) => timeNs)).toEqual([1n, 2n, 3n].map((count) => begun + count * interval));
  });

  function words(event: string): string {
    return event
      .replace("INIT", "Init")
      .replace("INIT", "Init")
      .replace("BACKUP", "Backup")
      .replace("MASTER", "Master");
  }
});

describe("the interval that would time out (protocol §5)", () => {
  test.each<[number, number, boolean]>([
    [1, 0, true],
    [84, 240, true],
    [85, 0, true],
    [85, 240, true],
    [86, 0, false],
    [255, 0, false],
  ])("a bow-out reaches a BACKUP with advbase %i and advskew %i: %s", (advbase, advskew, noticed) => {
    driver.addIn(Backup, { advbase, advskew });
    driver.hear({ advbase: 255, advskew: 255 });
    expect(driver.instance().state).toBe(noticed ? Master : Backup);
    if (!noticed) expectArmed(advbase, advskew);
  });

  test("the skew of the comparison is the effective one, that of the timer the configured one", () => {
    driver.addIn(Backup, own);
    driver.do(() => driver.core.addDemotion(50));
    driver.hear({ advbase: 3, advskew: 150 });
    expect(driver.instance().state).toBe(Backup);
    expectArmed();
    driver.hear({ advbase: 3, advskew: 151 });
    expect(driver.instance().state).toBe(Master);
  });
});

describe("two-step promotion", () => {
  beforeEach(() => {
    driver.appliesAtOnce = false;
    driver.addIn(Backup, own);
    driver.runUntil(driver.instance().masterDownDeadlineNs);
  });

  test("the core stays BACKUP and silent until the addresses are in place", () => {
    expect(inWords(driver.takeEvents())).toEqual(["apply"]);
    expect(driver.instance()).toMatchObject({ state: Backup, promoting: true });
    expect(driver.core.memory[abi.INSTANCES_OFFSET + abi.INSTANCE_PROMOTING]).toBe(1);
    driver.runUntil(driver.now + 100n * SECOND);
    expect(driver.takeEvents()).toEqual([]);
    expect(sent()).toEqual([]);
    driver.do(() => driver.core.applied(0, 1));
    expect(inWords(driver.takeEvents())).toEqual(["Backup>Master MasterTimedOut"]);
    expect(sent()).toEqual(["1/100", "ArpRequest", "ArpReply"]);
  });

  test("it is asked once", () => {
    driver.takeEvents();
    driver.core.setOption(abi.Option.Preempt, 1);
    driver.hear({ advskew: 200 });
    userMaster(driver);
    driver.hear({ advbase: 255, advskew: 255 });
    driver.hear({ advbase: 255, advskew: 255 });
    expect(driver.takeEvents()).toEqual([]);
  });

  test.each([
    ["a better advertisement", (on: Driver) => on.hear({ advskew: 0 }), []],
    ["one as good", (on: Driver) => on.hear({ advskew: 100 }), []],
    ["a slower one, without preempt", (on: Driver) => on.hear({ advskew: 200 }), []],
    [
      "another set of addresses",
      newAddress,
      ["Backup>Init HardwareInterfaceUp", "Init>Backup InitializationComplete"],
    ],
    ["leaving", (on: Driver) => on.do(() => on.core.leave(0, 1)), ["Backup>Init NodeStopped"]],
  ])("%s cancels it", (_name, act, after) => {
    driver.takeEvents();
    act(driver);
    expect(inWords(driver.takeEvents())).toEqual(["withdraw", ...after]);
    expect(driver.instance().promoting).toBe(false);
    expect(driver.core.applied(0, 1)).toBe(abi.CommandResult.NotExpected);
  });

  test("a failure demotes once, and is tried again after a time that doubles up to a minute", () => {
    const waits: number[] = [];
    for (let attempt = 0; attempt < 9; attempt++) {
      driver.do(() => driver.core.applyFailed(0, 1));
      const wait = driver.instance().masterDownDeadlineNs - driver.now;
      waits.push(Math.floor(Number(wait) / 1e8) / 10);
      driver.runUntil(driver.now + wait - 1n);
      expect(driver.instance().promoting).toBe(false);
      driver.runUntil(driver.now + 1n);
      expect(driver.instance().promoting).toBe(true);
    }
    expect(waits).toEqual([3.3, 6.7, 13.5, 27.1, 54.2, 60, 60, 60, 60]);
    const words = inWords(driver.takeEvents());
    expect(words.filter((word) => word.startsWith("demotion"))).toEqual(["demotion +240 AddressNotHeld"]);
    expect(driver.core.demotion).toBe(240);
    driver.do(() => driver.core.applied(0, 1));
    expect(driver.core.demotion).toBe(0);
    expect(driver.instance().state).toBe(Master);
  });

  test("after a failure no advertisement brings the promotion forward, but the operator does", () => {
    driver.do(() => driver.core.applyFailed(0, 1));
    driver.takeEvents();
    driver.core.setOption(abi.Option.Preempt, 1);
    driver.hear({ advbase: 255, advskew: 255 });
    driver.runUntil(driver.now + SECOND);
    expect(driver.takeEvents()).toEqual([]);
    userMaster(driver);
    expect(inWords(driver.takeEvents())).toEqual(["apply"]);
  });

  test("the first success forgives the doubling", () => {
    for (let attempt = 0; attempt < 4; attempt++) {
      driver.do(() => driver.core.applyFailed(0, 1));
      driver.runUntil(driver.instance().masterDownDeadlineNs);
    }
    driver.do(() => driver.core.applied(0, 1));
    driver.do(() => driver.core.applyFailed(0, 1));
    expectArmed();
  });

  test("a MASTER that cannot keep its addresses bows out, demoted", () => {
    driver.do(() => driver.core.applied(0, 1));
    driver.takeEvents();
    driver.takeFrames();
    driver.do(() => driver.core.applyFailed(0, 1));
    const words = inWords(driver.takeEvents());
    expect(words).toEqual(["withdraw", "Master>Backup AddressNotHeld", "demotion +240 AddressNotHeld"]);
    expect(sent()).toEqual(["255/255"]);
    expect(driver.core.demotion).toBe(240);
  });
});

describe("what is sent", () => {
  test.each<[string, (on: Driver) => unknown]>([
    ["`state backup`", userBackup],
    ["leaving", (on) => on.do(() => on.core.leave(0, 1))],
  ])("a MASTER bows out on %s, in both families", (_name, act) => {
    driver.addIn(Master, { addresses: ["192.168.1.50", "2001:db8::1"] });
    act(driver);
    expect(sent()).toEqual(["255/255", "6:255/255"]);
    driver.runUntil(driver.now + SECOND);
    expect(sent()).toEqual([]);
  });

  test("a better advertisement gets one more in answer, so that its sender announces itself again", () => {
    driver.addIn(Master, own);
    driver.hear({ advskew: 0 });
    driver.runUntil(driver.now + SECOND);
    expect(sent()).toEqual([farewell]);
  });

  test("after one as good a MASTER waits up to an eighth of a second longer, so that the two do not meet again", () => {
    const waits = Array.from({ length: 40 }, (_, seed) => {
      driver = new Driver();
      driver.addIn(Master, { ...own, entropy: BigInt(seed + 1) * 0x9e37_79b9_7f4a_7c15n });
      driver.hear({ advskew: 100 });
      return Number(driver.instance().masterDownDeadlineNs - driver.now - 3n * SECOND - skewTime(100)) / 1e6;
    });
    expect(Math.min(...waits)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...waits)).toBeLessThan(125 + 2);
    expect(Math.max(...waits) - Math.min(...waits)).toBeGreaterThan(90);
  });

  test("one as good gets none: its sender would step down as well", () => {
    driver.addIn(Master, own);
    driver.hear({ advskew: 100 });
    driver.runUntil(driver.now + SECOND);
    expect(sent()).toEqual([]);
  });

  test("an advertisement that was due is not sent when the state is lost before it leaves", () => {
    driver.addIn(Master, own);
    driver.now = driver.instance().advertiseDeadlineNs;
    driver.core.handleTimeout(driver.now);
    driver.hear({ advskew: 0 });
    expect(sent()).toEqual([farewell]);
  });

  test("announcements go out now and after 1.1 s, and no more", () => {
    driver.addIn(Backup, { addresses: ["192.168.1.50", "192.168.1.51", "2001:db8::1"] });
    userMaster(driver);
    const begun = driver.now;
    driver.runUntil(begun + 5n * SECOND);
    const announced = driver.takeFrames().filter(({ kind }) => kind > abi.FrameKind.Advertisement6);
    const kinds = ["ArpRequest", "ArpReply", "ArpRequest", "ArpReply", "NeighborAdvertisement"];
    expect(announced.map(({ kind }) => abi.FrameKind[kind])).toEqual([...kinds, ...kinds]);
    const after = announced.map(({ timeNs }) => timeNs - begun);
    expect(new Set(after)).toEqual(new Set([0n, 1_100_000_000n]));
  });

  test("the second announcement does not come when the state was lost before", () => {
    driver.addIn(Master, own);
    driver.hear({ advskew: 0 });
    driver.runUntil(driver.now + 2n * SECOND);
    expect(sent()).toEqual([farewell]);
  });

  test("a bow-out whose counter was heard before is as if it had not come", () => {
    driver.addIn(Backup, own);
    driver.hear({ counter: 77n });
    const deadline = driver.instance().masterDownDeadlineNs;
    driver.now += SECOND / 2n;
    driver.hear({ counter: 77n, advbase: 255, advskew: 255 });
    expect(driver.instance()).toMatchObject({ state: Backup, masterDownDeadlineNs: deadline });
    driver.hear({ counter: 78n, advbase: 255, advskew: 255 });
    expect(driver.instance().state).toBe(Master);
  });

  test("a MASTER that hears a slower one announces again, at most once a second", () => {
    driver.addIn(Master, own);
    driver.runUntil(driver.now + 3n * SECOND);
    driver.takeFrames();
    const heardAt: bigint[] = [];
    const begun = driver.now;
    for (let step = 0n; step < 35n; step++) {
      driver.runUntil(begun + step * 100_000_000n);
      driver.hear({ advskew: 200 });
    }
    for (const { kind, timeNs } of driver.takeFrames()) {
      if (kind === abi.FrameKind.ArpRequest) heardAt.push((timeNs - begun) / 1_000_000n);
    }
    expect(heardAt).toEqual([0n, 1000n, 2000n, 3000n]);
  });
});
