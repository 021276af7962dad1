import { describe, expect, it } from "vitest";
import { InterfaceFlag, Reason, State } from "../../assembly/abi.ts";
import { CallEncoder } from "../../host/core/call-encoder.ts";
import { type KeyOf, replayRun } from "../../host/core/call-replay.ts";
import { Core } from "../../host/core/core.ts";
import { instantiate } from "../../host/core/load.ts";
import { CoreTrap } from "../../host/core/trap.ts";
import { ExitCode } from "../../host/errors.ts";
import { Driver, linkedFlags, SECOND, START } from "../support/driver.ts";
import { patternedNumbers } from "../support/patterned.ts";
import { labKey, runLab } from "../support/virtual-lab.ts";

const keyOf: KeyOf = (_name, vhid) => labKey(vhid);
/** Three runs each; with CARP_LONG=1 ten thousand in all. */
const rounds = process.env.CARP_LONG === undefined ? 334 : 3334;

const again = instantiate();

/** The first run in which much happens. */
const busy = (() => {
  for (let seed = 1; ; seed++) {
    const node = runLab(patternedNumbers(seed), 60).find(({ transitions }) => transitions.length > 15);
    if (node !== undefined) return { run: node.run(), transitions: node.transitions };
  }
})();
const recorded = () => busy;

describe("a recorded run", () => {
  it(`gives the same transitions, whatever happened: ${3 * rounds} runs`, () => {
    const reasons = new Set<Reason>();
    let [transitions, frames] = [0, 0];
    for (let seed = 1; seed <= rounds; seed++) {
      for (const node of runLab(patternedNumbers(seed), 30)) {
        const replay = replayRun(node.run(), keyOf, again);
        expect(replay.difference, `seed ${seed}`).toBeUndefined();
        expect(replay.leftOver).toBe(0);
        expect(replay.transitions, `seed ${seed}`).toMatchObject(node.transitions);
        expect(replay.transitions).toHaveLength(node.transitions.length);
        for (const { reason } of replay.transitions) reasons.add(reason);
        transitions += replay.transitions.length;
        frames += replay.frames;
      }
    }
    expect(transitions).toBeGreaterThan(rounds * 15);
    expect(frames).toBeGreaterThan(rounds * 100);
    const usual = [
      Reason.InitializationComplete,
      Reason.HardwareInterfaceDown,
      Reason.MoreFrequentAdvertisement,
      Reason.PreemptingSlowerMaster,
      Reason.MasterTimedOut,
      Reason.UserRequested,
      Reason.AddressNotHeld,
      Reason.NodeStopped,
      Reason.AdvertisementLate,
      Reason.LeaseExpired,
    ];
    expect([...reasons]).toEqual(expect.arrayContaining(usual));
  });

  it("leaves the core as it was: states, counters, timers", () => {
    const [node] = runLab(patternedNumbers(3), 30);
    const fresh = new Core();
    const exports = Reflect.get(fresh, "wasm");
    replayRun(node.run(), keyOf, exports);
    for (const vhid of [1, 2]) expect(fresh.instance(0, vhid)).toEqual(node.core.instance(0, vhid));
    expect(fresh.statistics()).toEqual(node.core.statistics());
    expect(fresh.pollTimeout()).toBe(node.core.pollTimeout());
  });

  it("has the interface's name and the time of day", () => {
    const [first] = replayRun(recorded().run, keyOf).transitions;
    expect(first).toMatchObject({ interfaceName: "eth0", from: State.Init, to: State.Backup });
    expect(Math.abs(first.utcMs - 1_700_000_000_000)).toBeLessThan(1);
  });

  it("has no pass phrase in it, and asks for that of each virtual host", () => {
    const { run } = recorded();
    expect(run.includes("phrase")).toBe(false);
    const asked = new Set<string>();
    replayRun(run, (name, vhid) => {
      asked.add(`${vhid}@${name}`);
      return labKey(vhid);
    });
    expect([...asked].sort()).toEqual(["1@eth0", "2@eth0"]);
  });

  it("may end anywhere: what is whole is replayed", () => {
    const { run } = recorded();
    const next = patternedNumbers(5);
    const lengths = Array.from({ length: 60 }, () => 12 + (next() % (run.length - 12)));
    let leftOver = 0;
    for (const length of lengths) {
      const replay = replayRun(run.subarray(0, length), keyOf, again);
      expect(replay.difference).toBeUndefined();
      leftOver += replay.leftOver;
    }
    expect(leftOver).toBeGreaterThan(0);
  });

  it("ends at its capacity, says so once, and can be replayed up to there", () => {
    const driver = new Driver();
    const pieces: Uint8Array[] = [];
    let ends = 0;
    const write = (piece: Uint8Array) => pieces.push(piece);
    const encoder = new CallEncoder(driver.core.memory, 1 << 20, write, () => ends++);
    driver.core.logCalls(encoder);
    driver.core.reset(START, 0);
    driver.setLink(InterfaceFlag.Up | InterfaceFlag.Carrier);
    driver.addIn(State.Master);
    driver.runUntil(START + 100_000n * SECOND);
    encoder.flush();
    const run = Buffer.concat(pieces);
    expect(ends).toBe(1);
    expect(run.length).toBeLessThanOrEqual(1 << 20);
    expect(run.length).toBeGreaterThan((1 << 20) - 5000);
    const key = () => new Uint8Array(Buffer.from("testpass"));
    expect(replayRun(run, key)).toMatchObject({ difference: undefined, leftOver: 0 });
  });
});

describe("a difference", () => {
  it("is seen where the pass phrase is another", () => {
    const { difference, transitions } = replayRun(recorded().run, () => Uint8Array.of(1, 2, 3));
    expect(difference).toBeDefined();
    expect(transitions.length).toBeGreaterThan(0);
  });

  it("is the first one, and nothing behind it is told", () => {
    const { run, transitions } = recorded();
    const changed = Buffer.from(run);
    const position = 5;
    // The event record of that transition, found by its time.
    const time = Buffer.alloc(8);
    time.writeBigInt64LE(transitions[position].timeNs);
    const at = changed.lastIndexOf(time, changed.length) - 8;
    const victim = transitions.findLastIndex(({ timeNs }) => timeNs === transitions[position].timeNs);
    changed[at + 1] ^= 1;
    const replay = replayRun(changed, keyOf);
    expect(replay.transitions).toHaveLength(victim);
    expect(replay.difference?.recorded).toMatchObject({ reason: transitions[victim].reason ^ 1 });
    expect(replay.difference?.replayed).toMatchObject({ reason: transitions[victim].reason });
  });

  it("is a transition more, or one less", () => {
    const pieces: Uint8Array[] = [];
    const driver = new Driver();
    const encoder = new CallEncoder(
      driver.core.memory,
      1 << 20,
      (piece) => pieces.push(piece),
      () => undefined,
    );
    driver.core.logCalls(encoder);
    driver.core.reset(START, 0);
    driver.setLink(InterfaceFlag.Up | InterfaceFlag.Carrier);
    driver.add();
    encoder.flush();
    const before = Buffer.concat(pieces);
    driver.runUntil(START + 4n * SECOND);
    encoder.flush();
    const key = () => new Uint8Array(Buffer.from("testpass"));
    const run = Buffer.concat(pieces);
    expect(replayRun(run, key).transitions.at(-1)?.to).toBe(State.Master);
    // Events of the last part, taken out and put in where none were.
    const mark = Buffer.from([8, 1, 0, 3]);
    const at = run.indexOf(mark, before.length);
    expect(at).toBeGreaterThan(0);
    const without = Buffer.concat([run.subarray(0, at), Buffer.from([8, 0, 0]), run.subarray(at + 3 + 64)]);
    expect(replayRun(without, key).difference).toMatchObject({
      recorded: undefined,
      replayed: { to: State.Master },
    });
    const twice = Buffer.concat([run, run.subarray(at, at + 3 + 64)]);
    expect(replayRun(twice, key).difference).toMatchObject({
      recorded: { to: State.Master },
      replayed: undefined,
    });
  });
});

describe("a run with a trap", () => {
  /** A core that traps when it gets a frame on an interface that there cannot be, and goes on as a new instance. */
  function record(renews: boolean) {
    const core = new Core();
    const pieces: Uint8Array[] = [];
    const encoder = new CallEncoder(
      core.memory,
      1 << 20,
      (piece) => pieces.push(piece),
      () => undefined,
    );
    core.logCalls(encoder);
    const start = () => {
      core.reset(START, 0);
      core.setInterface(0, {
        flags: linkedFlags,
        mac: new Uint8Array(6),
        source4: new Uint8Array(4),
        source6: new Uint8Array(16),
      });
      core.setVirtualHost(0, 1, { key: labKey(1) });
      core.setAddresses(0, 1, [Uint8Array.of(192, 0, 2, 1)]);
      core.events();
    };
    start();
    core.receiveSlots(77).write(0, new Uint8Array(70), 70, 2);
    expect(() => core.handleFrames(START + SECOND, 1)).toThrow(CoreTrap);
    if (renews) {
      core.renew();
      start();
    }
    encoder.flush();
    return Buffer.concat(pieces);
  }

  it("goes on with a new instance, as the node did", () => {
    const run = record(true);
    expect(replayRun(run, keyOf)).toMatchObject({ difference: undefined, leftOver: 0 });
    expect(replayRun(run, keyOf).transitions).toHaveLength(2);
  });

  it("shows the trap where it is the end", () => {
    expect(replayRun(record(false), keyOf).difference).toMatchObject({
      recorded: "the end of the run",
      replayed: expect.stringContaining("a trap"),
    });
  });

  it("differs where the replay does not trap, or traps alone", () => {
    const run = record(true);
    const renewed = run.lastIndexOf(Buffer.of(9, 2));
    expect(run.subarray(renewed - 70, renewed)).toEqual(Buffer.alloc(70));
    const interfaceAt = renewed - 72;
    expect(run[interfaceAt]).toBe(77);
    const harmless = Buffer.from(run);
    harmless[interfaceAt] = 0;
    expect(replayRun(harmless, keyOf).difference).toMatchObject({ recorded: "a trap" });
    const alone = Buffer.concat([run.subarray(0, renewed), run.subarray(renewed + 1)]);
    expect(replayRun(alone, keyOf).difference).toMatchObject({ recorded: "a call that returned" });
  });
});

describe("a difference at the end", () => {
  /** A host that has started a virtual host and asked what to send, without hearing that it is BACKUP. */
  const deaf = (() => {
    const core = new Core();
    const pieces: Uint8Array[] = [];
    const encoder = new CallEncoder(
      core.memory,
      1 << 20,
      (piece) => pieces.push(piece),
      () => undefined,
    );
    core.logCalls(encoder);
    core.reset(START, 0);
    const noSource = { source4: new Uint8Array(4), source6: new Uint8Array(16) };
    core.setInterface(0, { flags: linkedFlags, mac: new Uint8Array(6), ...noSource });
    core.setVirtualHost(0, 1, { key: labKey(1) });
    core.setAddresses(0, 1, [Uint8Array.of(192, 0, 2, 1)]);
    encoder.flush();
    return Buffer.concat(pieces);
  })();

  it("is a transition that nobody heard of, though everything was heard", () => {
    expect(replayRun(deaf, keyOf).difference).toBeUndefined();
    expect(replayRun(Buffer.concat([deaf, Buffer.of(7, 0, 0)]), keyOf).difference).toMatchObject({
      recorded: undefined,
      replayed: { to: State.Backup },
    });
  });

  it("is another number of frames to send", () => {
    const run = Buffer.concat([deaf, Buffer.of(7, 3, 0)]);
    expect(replayRun(run, keyOf).difference).toMatchObject({
      recorded: "3 frames to send",
      replayed: "0 frames to send",
    });
  });

  it("is none where the event is no transition: the file is damaged", () => {
    const run = Buffer.concat([deaf, Buffer.of(8, 1, 0), Buffer.alloc(64)]);
    expect(() => replayRun(run, keyOf)).toThrow(/no transition: the file is damaged/);
  });
});

describe("what is no run", () => {
  const text = (bytes: Uint8Array) => {
    try {
      replayRun(bytes, keyOf);
    } catch (error) {
      return error;
    }
  };

  it.each([
    ["nothing", Buffer.alloc(0), "no recorded run"],
    ["something else", Buffer.from("a text that is long enough"), "no recorded run"],
    ["another version", Buffer.from([...Buffer.from("carp-run"), 1, 0, 99, 0]), "ABI 99"],
    ["an entry that is none", Buffer.from([...recorded().run.subarray(0, 12), 77]), "damaged"],
    [
      "a ring that is too large",
      Buffer.from([...recorded().run.subarray(0, 12), 3, ...Buffer.alloc(8), 0xff, 0xff, ...Buffer.alloc(9)]),
      "at most 1024",
    ],
  ])("%s is refused", (_name, bytes, message) => {
    expect(text(bytes)).toMatchObject({ code: ExitCode.Failed, message: expect.stringContaining(message) });
  });

  it("random damage is refused, seen as a difference, or no harm; never a defect", () => {
    const { run } = recorded();
    const next = patternedNumbers(9);
    for (let round = 0; round < 100; round++) {
      const damaged = Buffer.from(run);
      for (let byte = 0; byte < 3; byte++) damaged[12 + (next() % (run.length - 12))] = next() & 0xff;
      const error = text(damaged);
      if (error !== undefined) expect(error).toMatchObject({ code: ExitCode.Failed });
    }
  });
});
