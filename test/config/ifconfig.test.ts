import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseIfconfig } from "../../host/config/ifconfig.ts";
import { ifconfigWords } from "../../host/config/request.ts";
import { argumentWords, splitWords } from "../../host/config/words.ts";
import { placed, describe as show } from "./support.ts";

const parse = (text: string, vhidOfInterface = false) =>
  parseIfconfig(splitWords(placed(text), "f"), { vhidOfInterface });
const problems = (text: string) => show(parse(text).problems, text);
/** The request without places. */
const request = (text: string) => {
  const { addresses, pass, ...rest } = parse(text).request;
  const plain = Object.entries(rest).map(([name, value]) => {
    const unplaced = typeof value === "object" && "value" in value ? value.value : value;
    return [name, name === "remove" ? true : unplaced];
  });
  return {
    ...Object.fromEntries(plain),
    ...(pass === undefined ? {} : { pass: new TextDecoder().decode(pass.value) }),
    addresses: addresses.map(({ address }) => `${address.address}/${address.prefixLength}`).join(" "),
  };
};

describe("protocol §9.2 and §10: what the words mean", () => {
  test.each([
    [
      "inet vhid 1 advskew 100 pass testpass alias 192.168.1.50/32",
      { family: 4, vhid: 1, advskew: 100, pass: "testpass", addresses: "192.168.1.50/32" },
    ],
    [
      "vhid 1 pass testpass alias 192.168.1.50/32",
      { vhid: 1, pass: "testpass", addresses: "192.168.1.50/32" },
    ],
    [
      "192.168.1.50/32 pass testpass advskew 7 vhid 1",
      { vhid: 1, pass: "testpass", advskew: 7, addresses: "192.168.1.50/32" },
    ],
    ["inet6 vhid 2 pass x 2001:DB8::50/64", { family: 6, vhid: 2, pass: "x", addresses: "2001:db8::50/64" }],
    ["inet6 2001:db8::50 prefixlen 48 vhid 2", { family: 6, vhid: 2, addresses: "2001:db8::50/48" }],
    ["inet6 vhid 2 2001:db8::50", { family: 6, vhid: 2, addresses: "2001:db8::50/64" }],
    [
      "inet 10.0.0.1 netmask 255.255.0.0 broadcast 10.0.255.255 vhid 3",
      { family: 4, vhid: 3, addresses: "10.0.0.1/16" },
    ],
    ["inet netmask 0xffffff00 10.0.0.1 vhid 3", { family: 4, vhid: 3, addresses: "10.0.0.1/24" }],
    [
      "10.0.0.1 netmask 255.255.0.0 10.0.0.2 netmask 255.0.0.0 vhid 3",
      { vhid: 3, addresses: "10.0.0.1/16 10.0.0.2/8" },
    ],
    ["10.0.0.1/24 netmask 255.255.255.0 vhid 3", { vhid: 3, addresses: "10.0.0.1/24" }],
    ["vhid 1 state BACKUP", { vhid: 1, state: "backup", addresses: "" }],
    ["vhid 1 state master", { vhid: 1, state: "master", addresses: "" }],
    ["vhid 1 state init", { vhid: 1, state: "init", addresses: "" }],
    ["vhid 1 advbase 0", { vhid: 1, addresses: "" }],
    ["vhid 255 advbase 255 advskew 254", { vhid: 255, advbase: 255, advskew: 254, addresses: "" }],
    ["vhid 1 advskew 1 advskew 2", { vhid: 1, advskew: 2, addresses: "" }],
    ["vhid 1 mcast mcast6 carpver 2", { vhid: 1, addresses: "" }],
    ["inet 10.0.0.1 -alias", { family: 4, remove: true, addresses: "10.0.0.1/32" }],
    ["10.0.0.1/24 delete", { remove: true, addresses: "10.0.0.1/24" }],
    ["add 10.0.0.1/24 vhid 1 up", { vhid: 1, up: true, addresses: "10.0.0.1/24" }],
    ["down", { up: false, addresses: "" }],
    ["vhid 1 pass advskew", { vhid: 1, pass: "advskew", addresses: "" }],
    [
      "vhid 1 pass 12345 192.168.1.50-51/32",
      { vhid: 1, pass: "12345", addresses: "192.168.1.50/32 192.168.1.51/32" },
    ],
    ["", { addresses: "" }],
  ])("%s", (text, expected) => {
    expect(problems(text)).toEqual([]);
    expect(request(text)).toEqual(expected);
  });

  test("every order of the words means the same", () => {
    const parts = ["vhid 1", "advskew 100", "advbase 2", "pass testpass", "10.0.0.1/24", "alias"];
    const expected = { vhid: 1, advskew: 100, advbase: 2, pass: "testpass", addresses: "10.0.0.1/24" };
    fc.assert(
      fc.property(fc.shuffledSubarray(parts, { minLength: parts.length }), (order) => {
        expect(request(order.join(" "))).toEqual(expected);
      }),
    );
  });

  test("values keep their places", () => {
    const { vhid, advskew, addresses } = parse("vhid 1 advskew 100 192.168.1.50/32").request;
    expect([vhid, advskew, addresses[0]].map((value) => [value?.position.column, value?.length])).toEqual([
      [6, 1],
      [16, 3],
      [20, 15],
    ]);
  });
});

describe("every mistake, at its place", () => {
  test.each([
    ["vhid 0", ["1:6 error: vhid 0 is out of range 1..255 <0>"]],
    ["vhid 256", ["1:6 error: vhid 256 is out of range 1..255 <256>"]],
    ["vhid -1", ["1:6 error: vhid -1 is out of range 1..255 <-1>"]],
    ["vhid one", ["1:6 error: vhid one is not a decimal number <one>"]],
    ["vhid 0x1", ["1:6 error: vhid 0x1 is not a decimal number <0x1>"]],
    ["vhid 010", ["1:6 error: vhid 010 is not a decimal number <010>"]],
    ["vhid", ["1:1 error: vhid needs a value <vhid>"]],
    ["vhid pass x", ["1:1 error: vhid needs a value <vhid>"]],
    ["vhid 1 vhid 2", ["1:8 error: vhid is given twice on one line <vhid>"]],
    ["vhid 1 advbase 256", ["1:16 error: advbase 256 is out of range 0..255 <256>"]],
    ["vhid 2 advskew 300", ["1:16 error: advskew 300 is out of range 0..254 <300>"]],
    ["vhid 2 advskew 255", ["1:16 error: advskew 255 is out of range 0..254 <255>"]],
    ["vhid 1 pass", ["1:8 error: pass needs a value <pass>"]],
    [
      "vhid 1 pass 123456789012345678901",
      ["1:13 error: the pass phrase is 21 bytes; a CARP pass phrase has at most 20 <123456789012345678901>"],
    ],
    [
      "vhid 1 pass 12345678901234567890",
      [
        "1:13 warning: the pass phrase is 20 bytes; FreeBSD's ifconfig uses the first 19 of them <12345678901234567890>",
      ],
    ],
    [
      "vhid 1 pass ääääääääääx",
      ["1:13 error: the pass phrase is 21 bytes; a CARP pass phrase has at most 20 <ääääääääääx>"],
    ],
    [
      "vhid 1 pass my secret",
      ["1:16 error: unknown word after the pass phrase, which cannot have blanks in it <secret>"],
    ],
    [
      "vhid 1 pass 'my secret' up",
      [
        "1:13 error: a quote would become part of the pass phrase here: leave it away, blanks cannot be in it <'my>",
      ],
    ],
    ["vhid 1 passwd secret 10.0.0.1/24", ["1:8 error: passwd: unknown word (did you mean pass?) <passwd>"]],
    [
      "vhid 1 pass=secret",
      ["1:8 error: unknown word: a pass phrase is written as pass STRING <pass=secret>"],
    ],
    ["vhid 1 state primary", ["1:14 error: state primary is not one of backup, master, init <primary>"]],
    ["vhid 1 advskwe 4", ["1:8 error: advskwe: unknown word (did you mean advskew?) <advskwe>"]],
    ["vhdi 1 advskew 4", ["1:1 error: vhdi: unknown word (did you mean vhid?) <vhdi>"]],
    ["vhid 1 wombat", ["1:8 error: wombat: unknown word <wombat>"]],
    ["vhid 1 10.0.0.256/24", ["1:8 error: 10.0.0.256 is not an IP address <10.0.0.256/24>"]],
    ["vhid 1 10.0.0.1/33", ["1:17 error: prefix length 33 is out of range 0..32 <33>"]],
    ["vhid 1 inet6 10.0.0.1/24", ["1:14 error: 10.0.0.1/24 is not an IPv6 address <10.0.0.1/24>"]],
    ["vhid 1 inet ::1/24", ["1:13 error: ::1/24 is not an IPv4 address <::1/24>"]],
    ["vhid 1 10.0.0.1", ["1:8 warning: 10.0.0.1 has no prefix length and is taken as /32 <10.0.0.1>"]],
    [
      "vhid 1 10.0.0.1 netmask 255.0.255.0",
      ["1:25 error: netmask 255.0.255.0 is not an IPv4 netmask <255.0.255.0>"],
    ],
    ["vhid 1 10.0.0.1/24 netmask 255.0.0.0", ["1:28 error: the address already says /24 <255.0.0.0>"]],
    [
      "vhid 1 10.0.0.1 prefixlen 64",
      [
        "1:27 error: prefixlen 64 is out of range 0..32 <64>",
        "1:8 warning: 10.0.0.1 has no prefix length and is taken as /32 <10.0.0.1>",
      ],
    ],
    ["vhid 1 ::5 prefixlen 129", ["1:22 error: prefixlen 129 is out of range 0..128 <129>"]],
    ["vhid 1 broadcast x", ["1:18 error: broadcast x is not an IPv4 address <x>"]],
    ["vhid 1 carpver 3", ["1:16 error: carpver 3 (VRRP) is not supported yet by this node <3>"]],
    ["vhid 1 carpver 4", ["1:16 error: carpver 4 is out of range 2..3 <4>"]],
    ["vhid 1 peer 10.0.0.2", ["1:8 error: peer is not supported yet by this node <peer>"]],
    ["vhid 1 peer6 fe80::2", ["1:8 error: peer6 is not supported yet by this node <peer6>"]],
    [
      "vrrpprio 100 vrrpinterval 100",
      [
        "1:1 error: vrrpprio is not supported yet by this node <vrrpprio>",
        "1:14 error: vrrpinterval is not supported yet by this node <vrrpinterval>",
      ],
    ],
    [
      "advskew 4 pass x state backup advbase 1",
      ["advskew@1", "pass@11", "state@18", "advbase@31"]
        .map((place) => place.split("@"))
        .map(([word, column]) => `1:${column} error: ${word} needs a vhid on the same line <${word}>`),
    ],
  ])("%s", (text, expected) => expect(problems(text)).toEqual(expected));

  test("a carpN line needs no vhid", () => {
    expect(parse("advskew 4 pass x 10.0.0.1/24", true).problems).toEqual([]);
  });

  test("the command line has arguments, which may hold blanks", () => {
    const { request, problems } = parseIfconfig(
      argumentWords(["vhid", "1", "pass", "two words", "state", "Backup"]),
    );
    expect(problems).toEqual([]);
    expect(new TextDecoder().decode(request.pass?.value)).toBe("two words");
  });
});

test("never throws, and tells no pass phrase", () => {
  const word = fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom(...ifconfigWords) },
    {
      weight: 3,
      arbitrary: fc.constantFrom("1", "300", "10.0.0.1/24", "::1", "10.0.0.1-9", "1/2/3", "'", "pas", "PASS"),
    },
    { weight: 1, arbitrary: fc.string({ unit: "binary" }) },
  );
  fc.assert(
    fc.property(fc.array(word), fc.array(word), (before, after) => {
      const words = [...before, "pass", "S3CRET", ...after];
      const { problems, secrets } = parseIfconfig(argumentWords(words));
      expect(JSON.stringify(problems)).not.toContain("S3CRET");
      expect(secrets.map(({ position }) => position.column)).toContain(before.length + 2);
    }),
    { numRuns: 500 },
  );
});
