import { expect, test } from "vitest";
import { formatFacts } from "../../host/cli/statusfacts.ts";
import { serve, virtualHost } from "../control/support.ts";
import { run } from "./support.ts";

test("one virtual host is shown one fact a line", async () => {
  const { path, node } = await serve();
  node.hosts = [
    virtualHost({
      addresses: ["192.168.1.50/32", "2001:db8::50/64"],
      problem: "an address could not be held",
    }),
  ];
  const { out } = await run(["status", "1", "--socket", path]);
  expect(out.replace(/\(\d+d \d+h\)/, "(SPAN)")).toBe(
    [
      "virtual host            1@eth0",
      "state                   BACKUP (from INIT: initialization complete)",
      "since                   2026-11-19T12:00:00.000Z (SPAN)",
      "transitions             1",
      "master                  192.168.1.3",
      "addresses               192.168.1.50/32",
      "                        2001:db8::50/64",
      "virtual MAC             source of advertisements only",
      "parameters              advbase 1 advskew 100, demotion 0",
      "advertisement interval  1.391 s",
      "master-down             3.391 s",
      "next event              in 2.400 s",
      "counters                ipackets 259 236",
      "problem                 an address could not be held",
      "",
    ].join("\n"),
  );
});

test("what is not known, and what was counted, is said", () => {
  const counters = { ipackets: 5, badauth: 3, badttl: 0 };
  const unknown = { master: null, next_event_ms: null, last_transition: null, virtual_mac: true };
  const text = formatFacts(virtualHost({ state: "INIT", counters, ...unknown }));
  expect(text).toMatch(/^state {19}INIT$/m);
  expect(text).toMatch(/^master {18}none heard$/m);
  expect(text).toMatch(/^next event {14}none$/m);
  expect(text).toMatch(/^virtual MAC {13}answers for the addresses$/m);
  expect(text).toMatch(/^counters {16}ipackets 5, badauth 3$/m);
});
