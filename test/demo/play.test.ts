import { expect, test } from "vitest";
import { playHandbook } from "../../host/demo/play.ts";
import type { VhidState } from "../../host/demo/scenario.ts";
import type { Screen } from "../../host/demo/screen.ts";
import type { Stage } from "../../host/demo/stage.ts";

test.concurrent("the scenario is right when every step ends in its states", async () => {
  const { screen, lines } = recorder();
  expect(await playHandbook(stageOf("right"), screen, new AbortController().signal)).toBe(true);
  const text = lines.join("\n");
  expect(text).toMatch(/^hosta loses power +0\.\d\d s +4 of 10, gap 0\.50 s/m);
  expect(text).toContain("3 + 100/256 = 3.39 s");
});

test.concurrent("a host that is MASTER without need on the way makes the scenario wrong", async () => {
  const { screen, lines } = recorder();
  expect(await playHandbook(stageOf("false master"), screen, new AbortController().signal)).toBe(false);
  expect(lines.at(-1)).toBe("three hosts start together: hostc was MASTER without need");
});

test.concurrent("states that never come make the scenario wrong, and end it", async () => {
  const { screen, lines } = recorder();
  expect(await playHandbook(stageOf("no takeover"), screen, new AbortController().signal)).toBe(false);
  expect(lines.at(-1)).toBe("hosta loses power: the states did not come out as they should");
  expect(lines.join("\n")).not.toContain("hosta returns");
});

test.concurrent("an interruption ends the scenario at once", async () => {
  const begun = performance.now();
  const played = playHandbook(stageOf("right"), recorder().screen, AbortSignal.timeout(100));
  await expect(played).rejects.toThrow();
  expect(performance.now() - begun).toBeLessThan(1000);
});

function recorder(): { screen: Screen; lines: string[] } {
  const lines: string[] = [];
  return { lines, screen: { show: () => undefined, say: (more) => lines.push(...more) } };
}

/** A stage on which the states follow at once, or go wrong in the way that is named. */
function stageOf(course: "right" | "false master" | "no takeover"): Stage {
  const on = new Set<string>();
  let asked = 0;
  let isPinging = false;
  const statesOf = (host: string): [number, VhidState][] => {
    if (host === "hosta") return [[1, "MASTER"]];
    if (host === "hostb") return [[2, "MASTER"]];
    const isAlone = !on.has("hosta") && course !== "no takeover";
    const isFalse = course === "false master" && asked++ === 0;
    return [
      [1, isAlone || isFalse ? "MASTER" : "BACKUP"],
      [2, "BACKUP"],
    ];
  };
  return {
    description: "nowhere",
    powerOn: async (host) => {
      on.add(host);
    },
    powerOff: async (host) => {
      on.delete(host);
    },
    states: async (host) => new Map(on.has(host) ? statesOf(host) : []),
    answers: async () => new Map(),
    startPings: () => {
      isPinging = true;
    },
    mark: () => (isPinging ? { sequence: 1 } : undefined),
    pings: (_, since) => (since === undefined ? undefined : { sent: 10, lost: 4, longestGapMs: 500 }),
    close: async () => undefined,
  };
}
