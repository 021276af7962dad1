import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { runFirst } from "../../host/system/scheduling.ts";
import { requireOrSkip } from "../support/require.ts";

const SCHED_FIFO = 1;

test("the calling thread, and no other, is scheduled as the answer says", ({ skip }) => {
  requireOrSkip(process.platform === "linux", "the schedulers are Linux's", skip);
  const before = policiesOf();
  const scheduling = runFirst();
  const after = policiesOf();
  const changed = [...after].filter(
    ([thread, policy]) => before.has(thread) && policy !== before.get(thread),
  );
  if (scheduling === "fifo") expect(changed).toEqual([[String(process.pid), `${SCHED_FIFO} 0`]]);
  else expect(changed.length).toBeLessThanOrEqual(1);
  expect(["fifo", "nice", "normal"]).toContain(scheduling);
});

/** Policy and niceness of every thread of this process (proc(5): fields 41 and 19 of stat). */
function policiesOf(): Map<string, string> {
  const threads = readdirSync("/proc/self/task");
  return new Map(
    threads.map((thread) => {
      const fields = readFileSync(`/proc/self/task/${thread}/stat`, "latin1").split(") ")[1].split(" ");
      return [thread, `${fields[38]} ${fields[16]}`];
    }),
  );
}
