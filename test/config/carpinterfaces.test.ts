import { expect, test } from "vitest";
import { parsePrefixed } from "../../host/config/address.ts";
import { placeCarpInterfaces } from "../../host/config/carpinterfaces.ts";
import { parseIfconfig } from "../../host/config/ifconfig.ts";
import { argumentWords } from "../../host/config/words.ts";

const position = { file: "f", line: 1, column: 1 };
const line = (owner: string, text: string) => {
  const { request } = parseIfconfig(argumentWords(text.split(" ")), { vhidOfInterface: true });
  return { owner, variable: { position, length: 1 }, request, complete: true };
};
const own = ["em0 10.0.0.1/8", "em1 10.0.0.2/24", "em2 2001:db8::1/64"].map((text) => {
  const [interfaceName, address] = text.split(" ");
  return { interfaceName, address: parsePrefixed(address)!, position };
});
const placeAll = (...lines: ReturnType<typeof line>[]) => {
  const { entries, problems } = placeCarpInterfaces(lines, own);
  return [
    ...entries.map(({ interfaceName, vhid, owner }) => `${owner} ${vhid.value}@${interfaceName}`),
    ...problems.map(({ message }) => message),
  ];
};

test("the first own address whose own subnet fits decides, not the longest prefix nor the mask of the line", () => {
  expect(placeAll(line("carp0", "vhid 1 10.0.0.50/32"))).toEqual(["carp0 1@em0"]);
  expect(placeAll(line("carp0", "vhid 1 2001:db8::50/128"))).toEqual(["carp0 1@em2"]);
});

test("lines without a vhid have that of their carpN, whatever comes first", () => {
  expect(
    placeAll(line("carp0", "10.0.0.50/32"), line("carp1", "vhid 2 10.0.0.51/32"), line("carp0", "vhid 1")),
  ).toEqual([...["carp0 1@em0", "carp0 1@em0", "carp1 2@em0"]]);
});

test("without a parent, or with two, there is an error", () => {
  expect(placeAll(line("carp0", "vhid 1 192.168.1.50/24"))).toEqual([
    "no interface in this file has a subnet with 192.168.1.50 in it, so carp0 has no parent",
  ]);
  expect(placeAll(line("carp0", "vhid 1 10.0.0.50/24"), line("carp0", "2001:db8::50/64")).at(-1)).toBe(
    "2001:db8::50 belongs to em2, the address before it to em0: carp0 has one parent",
  );
});
