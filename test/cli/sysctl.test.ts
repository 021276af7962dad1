import { expect, test } from "vitest";
import { serve } from "../control/support.ts";
import { run } from "./support.ts";

test("all of them, in FreeBSD's form", async () => {
  const { path } = await serve();
  expect((await run(["sysctl", "--socket", path])).out).toBe(
    [
      "net.inet.carp.allow: 1",
      "net.inet.carp.preempt: 0",
      "net.inet.carp.log: 1",
      "net.inet.carp.dscp: 56",
      "net.inet.carp.demotion: 0",
      "net.inet.carp.senderr_demotion_factor: 240",
      "net.inet.carp.ifdown_demotion_factor: 240",
      "net.inet.carp.replay: 1",
      "net.inet.carp.freshness: 0",
      "",
    ].join("\n"),
  );
});

test("reads and writes in the order that was asked for; demotion adds", async () => {
  const { path } = await serve();
  const words = ["preempt=1", "preempt", "demotion=240", "demotion=-10"].map(
    (word) => `net.inet.carp.${word}`,
  );
  expect((await run(["sysctl", "--socket", path, ...words])).out).toBe(
    [
      "net.inet.carp.preempt: 0 -> 1",
      "net.inet.carp.preempt: 1",
      "net.inet.carp.demotion: 0 -> 240",
      "net.inet.carp.demotion: 240 -> 230",
      "",
    ].join("\n"),
  );
});

test("with one mistake nothing is written", async () => {
  const { path, node } = await serve();
  const outcome = await run(["sysctl", "--socket", path, "net.inet.carp.preempt=1", "net.inet.carp.dscp=64"]);
  expect(outcome).toEqual({ code: 2, out: "", err: "carp: net.inet.carp.dscp 64 is out of range 0..63\n" });
  expect(node.sysctls.get("preempt")).toBe(0);
});
