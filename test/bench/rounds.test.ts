import { describe, expect, it } from "vitest";
import { median, takeTurns } from "../../bench/rounds.mjs";

describe("rounds", () => {
  it("count only between two probes near the best one", async () => {
    // The first probe warms up; then two for each round, before and after it.
    const probes = [0, 100, 130, 130, 130, 130, 100, 103, 100];
    let speed = 0;
    const probe = () => {
      speed = probes.shift() ?? 100;
      return speed;
    };
    const subject = { name: "a", round: () => speed * 10 };
    const { figures, probeNs } = await takeTurns([subject], probe, { enough: 1, limitMs: 10_000 });
    expect(probeNs).toBe(100);
    expect(figures.get("a")).toEqual({ ns: 1030, kept: 1, rounds: 4 });
  });

  it("end at the limit, with the median of all where none was quiet", async () => {
    let slower = 100;
    const probe = () => {
      slower *= 1.5;
      return slower;
    };
    const { figures } = await takeTurns([{ name: "a", round: () => 7 }], probe, { enough: 1, limitMs: 0 });
    expect(figures.get("a")).toEqual({ ns: 7, kept: 0, rounds: 1 });
  });

  it("the median of an even number lies between the middle ones", () => {
    expect(median([9, 1, 3])).toBe(3);
    expect(median([4, 1, 3, 100])).toBe(3.5);
  });
});
