import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import {
  CommandResult,
  DemotionReason,
  InterfaceFlag,
  Option,
  Reason,
  State,
  Verdict,
} from "../../assembly/abi.ts";
import { Core } from "../../host/core/core.ts";
import { instantiate, modulePath } from "../../host/core/load.ts";
import { demotionWord, reasonWord, resultWord, stateWord, verdictWord } from "../../host/core/words.ts";
import { ExitCode, OperatorError } from "../../host/errors.ts";

const folder = mkdtempSync(join(tmpdir(), "carp-core-"));
afterAll(() => rmSync(folder, { recursive: true }));

describe("load", () => {
  it("says how to build a module that is missing", () => {
    expect(failure(() => instantiate(join(folder, "none.wasm")))).toMatch(
      /none\.wasm is missing: build it with/,
    );
  });

  it("refuses a module that computes wrongly, and names the runtime", () => {
    // The known answer's first digest bytes, which the module carries as data, are changed.
    const bytes = Buffer.from(readFileSync(modulePath()));
    const at = bytes.indexOf(Buffer.from("8a28722b250012cc", "hex"));
    expect(at).toBeGreaterThan(0);
    bytes[at] ^= 1;
    const path = join(folder, "wrong.wasm");
    writeFileSync(path, bytes);
    expect(failure(() => instantiate(path))).toMatch(/self-test 1 failed on Node .*not starting/);
  });
});

describe("core", () => {
  it("answers a command that is out of range with words, and changes nothing", () => {
    const core = started();
    const before = core.instance(0, 1);
    const tooMany = Array.from({ length: 65 }, (_, index) => Uint8Array.of(10, 0, 0, index + 1));
    expect(core.setVirtualHost(0, 0, {})).toBe(CommandResult.VhidOutOfRange);
    expect(core.setVirtualHost(0, 1, { advbase: 0, advskew: 0 })).toBe(CommandResult.AdvbaseOutOfRange);
    expect(core.setVirtualHost(0, 1, { advskew: 255 })).toBe(CommandResult.AdvskewOutOfRange);
    expect(core.setVirtualHost(0, 1, { key: new Uint8Array(21) })).toBe(CommandResult.KeyTooLong);
    expect(core.setAddresses(0, 1, tooMany)).toBe(CommandResult.TooManyAddresses);
    expect(core.setVirtualHost(15, 1, {})).toBe(CommandResult.NoSuchInterface);
    expect(core.setAddresses(0, 2, [])).toBe(CommandResult.NoSuchVirtualHost);
    expect(core.setOption(Option.Dscp, 64)).toBe(CommandResult.ValueOutOfRange);
    expect(core.setOption(Option.Preempt, -1)).toBe(CommandResult.ValueOutOfRange);
    expect(core.applied(0, 1)).toBe(CommandResult.NotExpected);
    expect(core.instance(0, 1)).toEqual(before);
    expect(core.instance(0, 2)).toBeUndefined();
  });

  it("tells each event once, in order, with its time", () => {
    const core = new Core();
    core.reset(5n, 0);
    core.setInterface(0, up);
    core.setVirtualHost(0, 1, {});
    core.setAddresses(0, 1, [Uint8Array.of(192, 0, 2, 1)]);
    core.addDemotion(7);
    expect(core.events()).toMatchObject([
      {
        kind: "transition",
        vhid: 1,
        from: State.Init,
        to: State.Backup,
        reason: Reason.InitializationComplete,
        timeNs: 5n,
      },
      { kind: "demotion", cause: undefined, delta: 7, total: 7, reason: DemotionReason.Sysctl },
    ]);
    expect(core.events()).toEqual([]);
  });

  it("has every option that it is given", () => {
    const core = started();
    const values = [
      [Option.Allow, 0],
      [Option.Preempt, 1],
      [Option.Dscp, 46],
      [Option.IfdownDemotionFactor, -5],
      [Option.SenderrDemotionFactor, 100000],
    ] as const;
    for (const [option, value] of values) {
      expect(core.setOption(option, value)).toBe(CommandResult.Ok);
      expect(core.option(option)).toBe(value);
    }
  });
});

describe("words", () => {
  it("has a word of its own for every verdict, state, reason and answer", () => {
    const sets = [
      [Verdict, verdictWord],
      [State, stateWord],
      [Reason, reasonWord],
      [DemotionReason, demotionWord],
      [CommandResult, resultWord],
    ] as const;
    for (const [numbers, word] of sets) {
      const all = Object.values(numbers).filter((value) => typeof value === "number");
      const words = all.map((value) => (word as (value: number) => string)(value));
      expect(new Set(words).size).toBe(all.length);
      expect(words.every((text) => text?.length > 0)).toBe(true);
    }
  });
});

const up = {
  flags: InterfaceFlag.Up | InterfaceFlag.Carrier,
  mac: Uint8Array.of(2, 0, 0, 0, 0, 1),
  source4: Uint8Array.of(192, 0, 2, 2),
  source6: new Uint8Array(16),
};

function started(): Core {
  const core = new Core();
  core.reset(0n, 0);
  core.setInterface(0, up);
  core.setVirtualHost(0, 1, { advskew: 3 });
  core.setAddresses(0, 1, [Uint8Array.of(192, 0, 2, 1)]);
  core.events();
  return core;
}

function failure(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    expect(error).toBeInstanceOf(OperatorError);
    expect((error as OperatorError).code).toBe(ExitCode.Failed);
    return (error as OperatorError).message;
  }
  throw new Error("nothing was thrown");
}
