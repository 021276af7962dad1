import { expect, it } from "vitest";
import { Core } from "../../host/core/core.ts";
import { rehearse } from "../../host/node/rehearsal.ts";

it("goes through a takeover, and leaves nothing of it in a core that is reset", () => {
  const core = new Core();
  rehearse(core);
  expect(core.statistics().opackets).toBeGreaterThan(1);
  core.reset(1n, 0);
  expect(core.instance(0, 1)).toBeUndefined();
  expect(core.demotion).toBe(0);
  expect(core.events()).toEqual([]);
  expect(core.pollTransmit()).toBe(0);
  expect(core.statistics().opackets).toBe(0);
  expect(core.pollTimeout()).toBe(2n ** 63n - 1n);
});
