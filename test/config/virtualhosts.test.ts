import { expect, test } from "vitest";
import { parseIfconfig } from "../../host/config/ifconfig.ts";
import { collectVirtualHosts, type VirtualHostEntry } from "../../host/config/virtualhosts.ts";
import { argumentWords } from "../../host/config/words.ts";
import { showHosts } from "./support.ts";

const entry = (line: string, more: Partial<VirtualHostEntry> = {}): VirtualHostEntry => {
  const { request } = parseIfconfig(argumentWords(line.split(" ")));
  return { interfaceName: "eth0", vhid: request.vhid!, request, complete: true, ...more };
};
const collect = (...entries: VirtualHostEntry[]) => {
  const { virtualHosts, problems } = collectVirtualHosts(entries, []);
  const hosts = showHosts({ virtualHosts, preempt: false, ownAddresses: [] });
  return { hosts, problems: problems.map(({ message }) => message) };
};

test("addresses add up, the last parameters win, and what is not given stays", () => {
  const { hosts, problems } = collect(
    entry("vhid 1 advbase 2 advskew 3 pass a 10.0.0.1/32"),
    entry("vhid 2 pass b 10.0.0.9/32"),
    entry("vhid 1 advskew 4 pass c ::1:1/64"),
    entry("vhid 1 10.0.0.2/32", { interfaceName: "eth1" }),
  );
  expect(hosts).toEqual([
    "1@eth0 2/4 c 10.0.0.1/32 ::1:1/64",
    "2@eth0 1/0 b 10.0.0.9/32",
    "1@eth1 1/0 - 10.0.0.2/32",
  ]);
  expect(problems).toEqual(["vhid 1 on eth1 has no pass phrase: anyone can speak for it (empty key)"]);
});

test("advskew 0 takes an earlier one back, advbase 0 keeps it", () => {
  const { hosts } = collect(
    entry("vhid 1 advbase 5 advskew 9 pass x 10.0.0.1/32"),
    entry("vhid 1 advbase 0 advskew 0"),
  );
  expect(hosts).toEqual(["1@eth0 5/0 x 10.0.0.1/32"]);
});

test("the same address on another interface is another address", () => {
  const other = entry("vhid 1 pass x 10.0.0.1/32", { interfaceName: "eth1" });
  expect(collect(entry("vhid 1 pass x 10.0.0.1/32"), other).problems).toEqual([]);
});

test("a range that meets an address says so once for each", () => {
  const { problems } = collect(entry("vhid 1 pass x 10.0.0.1-3/32"), entry("vhid 1 10.0.0.2-3/32"));
  expect(problems.map((message) => message.slice(0, 23))).toEqual([
    "address twice: 10.0.0.2",
    "address twice: 10.0.0.3",
  ]);
});

test("nothing follows from a line with errors", () => {
  expect(collect(entry("vhid 1", { complete: false })).problems).toEqual([]);
  expect(collect(entry("vhid 1 pass x")).problems).toEqual(["vhid 1 on eth0 has no address"]);
});

test("one vhid of two owners", () => {
  const { problems, hosts } = collect(
    entry("vhid 1 pass x 10.0.0.1/32", { owner: "carp0" }),
    entry("vhid 1 10.0.0.2/32", { owner: "carp0" }),
    entry("vhid 1 pass y 10.0.0.3/32", { owner: "carp1" }),
  );
  expect(problems).toEqual(["vhid 1 on eth0 is already taken by carp0"]);
  expect(hosts).toEqual(["1@eth0 1/0 x 10.0.0.1/32 10.0.0.2/32"]);
});
