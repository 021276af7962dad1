import { describe, expect, test } from "vitest";
import { CommandResult, DemotionReason, Reason, State, Verdict } from "../../assembly/abi.ts";
import { demotionWord, reasonWord, resultWord, stateWord, verdictWord } from "../../host/core/words.ts";

function members(numbers: object): number[] {
  return Object.values(numbers).filter((value) => typeof value === "number");
}

describe("words", () => {
  test.each<[string, object, (value: number) => string]>([
    ["state", State, stateWord],
    ["reason", Reason, reasonWord],
    ["demotion", DemotionReason, demotionWord],
    ["verdict", Verdict, verdictWord],
    ["result", CommandResult, resultWord],
  ])("every %s has its own", (_name, numbers, word) => {
    const words = members(numbers).map(word);
    expect(words.every((text) => typeof text === "string" && text.length > 0)).toBe(true);
    const repeated = words.filter((text, index) => words.indexOf(text) !== index);
    expect(repeated).toEqual([]);
  });

  test("reasons are FreeBSD's (protocol §9.4)", () => {
    const { InitializationComplete, HardwareInterfaceUp, HardwareInterfaceDown, UserRequested } = Reason;
    const { MoreFrequentAdvertisement, PreemptingSlowerMaster, MasterWillTimeOut, MasterTimedOut } = Reason;
    expect(
      [
        InitializationComplete,
        HardwareInterfaceUp,
        HardwareInterfaceDown,
        MoreFrequentAdvertisement,
        PreemptingSlowerMaster,
        MasterWillTimeOut,
        MasterTimedOut,
        UserRequested,
      ].map(reasonWord),
    ).toEqual([
      "initialization complete",
      "hardware interface up",
      "hardware interface down",
      "more frequent advertisement received",
      "preempting a slower master",
      "master will time out",
      "master timed out",
      "user requested via ifconfig",
    ]);
  });
});
