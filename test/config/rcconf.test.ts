import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { formatProblems } from "../../host/config/check.ts";
import { readRcConf } from "../../host/config/rcconf.ts";
import { hosts, judge } from "./support.ts";

const own = 'ifconfig_em0="inet 192.168.1.3 netmask 255.255.255.0"\n';

describe("protocol §10: FreeBSD 10 and later", () => {
  test.each([
    [
      'ifconfig_em0_alias0="inet vhid 1 advskew 100 pass testpass alias 192.168.1.50/32"',
      ["1@em0 1/100 testpass 192.168.1.50/32"],
    ],
    [
      'ifconfig_em0_alias0="vhid 1 pass testpass alias 192.168.1.50/32"',
      ["1@em0 1/0 testpass 192.168.1.50/32"],
    ],
    ["ifconfig_em0_alias0='vhid 1 pass testpass 192.168.1.50/32'", ["1@em0 1/0 testpass 192.168.1.50/32"]],
    [
      'ifconfig_em0_alias0="inet6 vhid 2 pass testpass 2001:db8::50/64"',
      ["2@em0 1/0 testpass 2001:db8::50/64"],
    ],
    ['ifconfig_em0_ipv6="inet6 2001:db8::50/64 vhid 2 pass x"', ["2@em0 1/0 x 2001:db8::50/64"]],
    ['ifconfig_em0="vhid 1 pass x 192.168.1.50/24"', ["1@em0 1/0 x 192.168.1.50/24"]],
    [
      'ifconfig_em0_aliases="inet vhid 1 pass x 192.168.1.50/32 inet6 vhid 1 pass x 2001:db8::50/64"',
      ["1@em0 1/0 x 192.168.1.50/32 2001:db8::50/64"],
    ],
    [
      'ifconfig_em0_aliases="\\\n  inet vhid 1 pass x 192.168.1.50/32 \\\n  inet vhid 2 pass y 192.168.1.51/32 \\\n"',
      ["1@em0 1/0 x 192.168.1.50/32", "2@em0 1/0 y 192.168.1.51/32"],
    ],
    [
      'ifconfig_em0_aliases="vhid 12 pass x 192.168.1.11/32 vhid 12 192.168.1.12/32"',
      ["12@em0 1/0 x 192.168.1.11/32 192.168.1.12/32"],
    ],
    [
      'ifconfig_em0_aliases="inet vhid 1 pass x 192.168.1.50-53/32"',
      ["1@em0 1/0 x 192.168.1.50/32 192.168.1.51/32 192.168.1.52/32 192.168.1.53/32"],
    ],
    ['ifconfig_em0_aliases="inet vhid 1 pass inet 192.168.1.50/32"', ["1@em0 1/0 inet 192.168.1.50/32"]],
    [
      'ifconfig_em0_aliases="inet vhid 1 pass x 192.168.1.50/32"\nifconfig_em0_aliases+="inet vhid 1 192.168.1.51/32"',
      ["1@em0 1/0 x 192.168.1.50/32 192.168.1.51/32"],
    ],
    ['ifconfig_em0_alias0="vhid 1 pass x 10.0.0.1 netmask 255.255.0.0"', ["1@em0 1/0 x 10.0.0.1/16"]],
    ['ifconfig_em0_alias0="vhid 1 pass x 10.0.0.1 netmask 0xffff0000"', ["1@em0 1/0 x 10.0.0.1/16"]],
    ['ifconfig_em0_alias0="inet6 vhid 1 pass x 2001:db8::1 prefixlen 48"', ["1@em0 1/0 x 2001:db8::1/48"]],
    [
      'ifconfig_em0_alias1="vhid 1 advskew 9 192.168.1.51/32"\nifconfig_em0_alias0="vhid 1 advskew 1 advbase 2 pass x 192.168.1.50/32"',
      ["1@em0 2/9 x 192.168.1.50/32 192.168.1.51/32"],
    ],
    [
      'ifconfig_em0_alias0="vhid 1 pass x 192.168.1.50/32"\nifconfig_em0_alias0="vhid 2 pass y 192.168.1.51/32"',
      ["2@em0 1/0 y 192.168.1.51/32"],
    ],
    [
      'ifconfig_em0_alias0="vhid 1 pass x 192.168.1.50/32"\r\nifconfig_em1_alias0="vhid 1 pass y 192.168.1.50/32"\r\n',
      ["1@em0 1/0 x 192.168.1.50/32", "1@em1 1/0 y 192.168.1.50/32"],
    ],
  ])("%s", (text, expected) => {
    expect(hosts(own + text)).toEqual(expected);
    expect(judge(own + text)).toEqual([]);
  });

  test("--map gives interfaces this machine's names", () => {
    const text = `${own}ifconfig_em0_alias0="vhid 1 pass x 192.168.1.50/32"\nifconfig_em9_alias0="vhid 1 pass x 192.168.1.51/32"`;
    const map = new Map([["em0", "eth0"]]);
    expect(hosts(text, map)).toEqual(["1@eth0 1/0 x 192.168.1.50/32", "1@em9 1/0 x 192.168.1.51/32"]);
    expect(readRcConf(text, "rc.conf", map).configuration.ownAddresses).toEqual([
      {
        interfaceName: "eth0",
        address: { family: 4, address: "192.168.1.3", prefixLength: 24 },
        position: { file: "rc.conf", line: 1, column: 20 },
      },
    ]);
  });

  test("what has nothing to do with CARP is not judged", () => {
    const text = `
hostname="\${x}.example"   # and a comment with "quotes
kld_list="carp"
carp_load="YES"
ifconfig_em0="SYNCDHCP $(cat /etc/x) mtu 9000 -tso media 1000baseTX inet 300.1.1.1"
ifconfig_em0_descr="vhid 300 pass"
ifconfig_em1="DHCP"
wlans_ath0=wlan0
ifconfig_wlan0="WPA SYNCDHCP country 49"
. /etc/rc.conf.other
ifconfig_em0_alias0="vhid 1 pass x 192.168.1.50/32"
`;
    expect(judge(text)).toEqual([]);
    expect(hosts(text)).toEqual(["1@em0 1/0 x 192.168.1.50/32"]);
  });

  test("sysctl.conf's preempt is taken", () => {
    const text = `${own}ifconfig_em0_alias0="vhid 1 pass x 192.168.1.50/32"\n`;
    const preempt = (more: string) => readRcConf(text + more, "f", new Map()).configuration.preempt;
    expect([preempt(""), preempt("net.inet.carp.preempt=1"), preempt("net.inet.carp.preempt = 1")]).toEqual([
      ...[false, true, true],
    ]);
    expect(preempt("net.inet.carp.preempt=1\nnet.inet.carp.preempt=0")).toBe(false);
  });

  test("carp_lease is a switch as FreeBSD's are, and YES by itself", () => {
    const text = `${own}ifconfig_em0_alias0="vhid 1 pass x 192.168.1.50/32"\n`;
    const lease = (more: string) => readRcConf(text + more, "f", new Map()).configuration.lease;
    expect(["", 'carp_lease="YES"', "carp_lease=on", "carp_lease=1"].map(lease)).toEqual([
      ...Array(4).fill(true),
    ]);
    expect(['carp_lease="NO"', "carp_lease=False", "carp_lease=0"].map(lease)).toEqual([
      ...Array(3).fill(false),
    ]);
  });
});

describe("protocol §10: FreeBSD 9 and earlier", () => {
  const clones = 'cloned_interfaces="carp0 carp1"\n';

  test("carpN goes to the first interface whose own subnet has its address", () => {
    const text = `${clones}ifconfig_fxp1="inet 10.0.0.5/8"
ifconfig_fxp0="inet 192.168.1.5 netmask 255.255.255.0"
ifconfig_fxp2="inet 192.168.1.6/16"
ifconfig_carp0="vhid 1 pass testpass 192.168.1.50/24"
ifconfig_carp1="vhid 2 advskew 100 pass testpass 192.168.1.51/24"
ifconfig_carp1_alias0="192.168.1.52/32"
`;
    expect(judge(text)).toEqual([]);
    expect(hosts(text, new Map([["fxp0", "eth0"]]))).toEqual([
      "1@eth0 1/0 testpass 192.168.1.50/24",
      "2@eth0 1/100 testpass 192.168.1.51/24 192.168.1.52/32",
    ]);
  });

  test("without a mask an own address has that of its class, and IPv6 goes by prefixes", () => {
    const text = `${clones}ifconfig_fxp0="inet 192.168.1.5"
ifconfig_fxp1_ipv6="inet6 2001:db8::5 prefixlen 64"
ifconfig_carp0="vhid 1 pass x 192.168.1.50/24"
ifconfig_carp1_ipv6="inet6 vhid 2 pass x 2001:db8::50/64"`;
    expect(hosts(text)).toEqual(["1@fxp0 1/0 x 192.168.1.50/24", "2@fxp1 1/0 x 2001:db8::50/64"]);
  });

  const two = 'ifconfig_fxp0="inet 192.168.1.5/24"\nifconfig_fxp1="inet 10.0.0.5/24"\n';
  test.each([
    [
      'ifconfig_carp0="vhid 1 pass x 172.16.0.1/24"',
      [
        "4:30 error: no interface in this file has a subnet with 172.16.0.1 in it, so carp0 has no parent <172.16.0.1/24>",
      ],
    ],
    [
      'ifconfig_carp0="vhid 1 pass x 192.168.1.50/24"\nifconfig_carp0_alias0="10.0.0.50/24"',
      [
        "5:24 error: 10.0.0.50 belongs to fxp1, the address before it to fxp0: carp0 has one parent <10.0.0.50/24>",
      ],
    ],
    [
      'ifconfig_carp0="vhid 1 pass x 192.168.1.50/24"\nifconfig_carp1="vhid 1 pass x 192.168.1.51/24"',
      ["5:22 error: vhid 1 on fxp0 is already taken by carp0 <1>"],
    ],
    [
      'ifconfig_carp0="vhid 1 pass x 192.168.1.50/24"\nifconfig_fxp0_alias0="vhid 1 pass x 192.168.1.51/24"',
      ["4:22 error: vhid 1 on fxp0 is already taken by line 5 <1>"],
    ],
    [
      'ifconfig_carp0="vhid 1 pass x 192.168.1.50/24"\nifconfig_carp0_alias0="vhid 2 192.168.1.51/24"',
      ["5:29 error: carp0 already has vhid 1 <2>"],
    ],
    ['ifconfig_carp0="pass x 192.168.1.50/24"', ["4:1 error: carp0 has no vhid <ifconfig_carp0>"]],
    [
      'ifconfig_carp0="vhid 1 pass x"',
      ["4:1 error: carp0 has no address, which would tell its parent interface <ifconfig_carp0>"],
    ],
    [
      'ifconfig_carp7="vhid 1 pass x 192.168.1.50/24"',
      ["4:1 warning: carp7 is not in cloned_interfaces, so FreeBSD would not create it <ifconfig_carp7>"],
    ],
    [
      'ifconfig_carp0="vhid 1 pass x 192.168.1.5/24"',
      [
        "4:31 error: 192.168.1.5 is an own address of fxp0 (line 2): a virtual address must be another one <192.168.1.5/24>",
      ],
    ],
  ])("%s", (text, expected) => {
    const shifted = expected.map((line) => line.replace("4:30 ", "4:31 "));
    expect(judge(clones + two + text)).toEqual(shifted);
  });
});

describe("every mistake, at its place", () => {
  const good = 'ifconfig_em0_alias0="vhid 1 pass x 192.168.1.50/32"\n';
  test.each([
    ["", ["1:1 error: there is no virtual host in this file: no ifconfig line has a vhid <>"]],
    ['ifconfig_em0_alias0="vhid 1 pass x"', ["1:27 error: vhid 1 on em0 has no address <1>"]],
    [
      'ifconfig_em0_alias0="vhid 1 192.168.1.50/32"',
      ["1:27 warning: vhid 1 on em0 has no pass phrase: anyone can speak for it (empty key) <1>"],
    ],
    [
      `${good}ifconfig_em0_alias1="vhid 1 192.168.1.50/24"`,
      ["2:29 error: address twice: 192.168.1.50 is already in vhid 1 (line 1) <192.168.1.50/24>"],
    ],
    [
      `${good}ifconfig_em0_alias1="vhid 2 pass x 192.168.1.50/32"`,
      ["2:36 error: 192.168.1.50 is already in vhid 1 on em0 (line 1) <192.168.1.50/32>"],
    ],
    [
      `${good}ifconfig_em0_alias1="vhid 2 pass x 224.0.0.18/32"`,
      ["2:36 error: 224.0.0.18 is a multicast address and cannot be a virtual address <224.0.0.18/32>"],
    ],
    [
      `${good}ifconfig_em0_alias2="vhid 2"\nifconfig_em0_alias3="vhid 3"`,
      ["2", "3"].map(
        (n) =>
          `${n}:1 warning: ifconfig_em0_alias${n} is not read: ifconfig_em0_alias1 is missing, and aliases are read from 0 up to the first gap <ifconfig_em0_alias${n}>`,
      ),
    ],
    [
      `${good}ifconfig_em0_alias1=""\nifconfig_em0_alias2="vhid 2"`,
      [
        "3:1 warning: ifconfig_em0_alias2 is not read: ifconfig_em0_alias1 is empty, and aliases are read from 0 up to the first gap <ifconfig_em0_alias2>",
      ],
    ],
    [
      `${good}ifconfig_em0_alias="vhid 2"`,
      [
        "2:1 warning: ifconfig_em0_alias is not read: an alias has a number, and the first is alias0 <ifconfig_em0_alias>",
      ],
    ],
    [
      `${good}ifconfig_em0_alias01="vhid 2"`,
      [
        "2:1 warning: ifconfig_em0_alias01 is not read: an alias has a number, and the first is alias0 <ifconfig_em0_alias01>",
      ],
    ],
    [
      `${good}ifconfig_em0_alias1="vhid 2 pass $PW 192.168.1.51/32"`,
      ["2:34 error: no shell runs here: write the value itself instead of $ or backticks <$>"],
    ],
    [
      `${good}ifconfig_em0_alias1="vhid \`echo 2\` 192.168.1.51/32"`,
      ["27", "34"].map(
        (n) => `2:${n} error: no shell runs here: write the value itself instead of $ or backticks <\`>`,
      ),
    ],
    [`${good}ifconfig_em0_alias1='vhid 2 pass $PW 192.168.1.51/32'`, []],
    [
      `${good}ifconfig_em0_alias1="vhdi 2 192.168.1.51/32"`,
      ["2:22 error: vhdi: unknown word (did you mean vhid?) <vhdi>"],
    ],
    [
      `${good}ifconfig_em0_alias1="vhid 1 192.168.1.51/32 -alias"`,
      ["2:45 error: an address cannot be removed in a configuration <-alias>"],
    ],
    [
      `${good}ifconfig_em0_alias1="vhid 1 state master down"`,
      [
        "2:35 warning: state is for a running node (`carp ifconfig`) and is passed over here <master>",
        "2:42 warning: down is passed over here <down>",
      ],
    ],
    [`${good}carp_lease="never"`, ["2:1 error: carp_lease is YES or NO, and not never <carp_lease>"]],
    [`${good}carp_lease=`, ["2:1 error: carp_lease is YES or NO, and not empty <carp_lease>"]],
    [`${good}net.inet.carp.preempt=2`, ["2:23 error: net.inet.carp.preempt 2 is out of range 0..1 <2>"]],
    [
      `${good}net.inet.carp.preemt=1`,
      [
        "2:1 error: net.inet.carp.preemt: unknown name (did you mean net.inet.carp.preempt?) <net.inet.carp.preemt>",
      ],
    ],
    [
      `${good}net.inet.carp.allow=0`,
      [
        "2:1 warning: net.inet.carp.allow is not taken from a file: set it with `carp sysctl` <net.inet.carp.allow>",
      ],
    ],
    [`${good}net.inet.carp.allow=1`, []],
    [`${good}net.inet.carp.replay=strict`, []],
    [`${good}net.inet.carp.replay=3`, ["2:22 error: net.inet.carp.replay 3 is out of range 0..2 <3>"]],
    [`${good}ifconfig_em0_alias1="vhid 2`, ['2:21 error: this quote is never closed <">']],
  ])("%s", (text, expected) => expect(judge(text)).toEqual(expected));

  test("replay and freshness are taken from the file", () => {
    const text = `${good}net.inet.carp.replay=strict\nnet.inet.carp.freshness=5`;
    expect(readRcConf(text, "rc.conf", new Map()).configuration).toMatchObject({ replay: 2, freshness: 5 });
    expect(readRcConf(good, "rc.conf", new Map()).configuration).toMatchObject({ replay: undefined });
  });

  test("of several mistakes all are reported, in the order of the file", () => {
    const text = `ifconfig_em0_alias0="vhid 0 pass x 192.168.1.50/33"
ifconfig_em0_alias1="vhid 2 advskew 300 pass 123456789012345678901 alias 192.168.1.51/32"
ifconfig_em1_alias0="vhid 3 advbse 4 pass x 1.2.3.4.5/32"`;
    expect(judge(text).map((line) => line.replace(/ error.*</, " <"))).toEqual([
      ...[
        "1:27 <0>",
        "1:49 <33>",
        "2:37 <300>",
        "2:46 <123456789012345678901>",
        "3:29 <advbse>",
        "3:45 <1.2.3.4.5/32>",
      ],
    ]);
  });

  test("the 65th address of a family is too much, 64 of each are not", () => {
    const value = (count: number) =>
      `vhid 1 pass x 10.0.0.1-64/32 inet6 vhid 1 2001:db8::1-40/64${count > 64 ? " inet vhid 1 10.0.1.1-3/32" : ""}`;
    expect(judge(`ifconfig_em0_aliases="${value(64)}"`)).toEqual([]);
    expect(judge(`ifconfig_em0_aliases="${value(65)}"`)).toEqual([
      "1:95 error: vhid 1 has more than 64 IPv4 addresses <10.0.1.1-3/32>",
    ]);
  });

  test("two interfaces of the file cannot be the same here", () => {
    const text = `${good}ifconfig_em1_alias0="vhid 2 pass x 192.168.1.51/32"`;
    expect(judge(text, new Map([["em0", "em1"]]))).toEqual([
      "2:1 error: em1 and em0 both are em1 with this --map <ifconfig_em1_alias0>",
    ]);
  });
});

describe("whatever the text", () => {
  const piece = fc.oneof(
    {
      weight: 5,
      arbitrary: fc.constantFrom(
        ...[
          '\nifconfig_em0_alias0="',
          '\nifconfig_em0_aliases="',
          '"\nifconfig_carp0="',
          '\nifconfig_em0="',
          "\nx=",
        ],
        ...[
          "vhid ",
          "1 ",
          "300 ",
          "advskew ",
          "inet ",
          "inet6 ",
          "10.0.0.1/24 ",
          "::1 ",
          "alias ",
          "pass ",
          "pas ",
        ],
        ...[
          '"',
          '" ',
          "'",
          "\\\n",
          "\n",
          "#",
          "$x ",
          "+=",
          ";",
          "netmask ",
          "state ",
          "-alias ",
          "10.0.0.1-9/32 ",
        ],
      ),
    },
    { weight: 1, arbitrary: fc.string({ unit: "binary" }) },
  );
  const soup = fc.array(piece, { maxLength: 30 }).map((pieces) => pieces.join(""));

  test("nothing is thrown, and every place is in the text", () => {
    fc.assert(
      fc.property(soup, (text) => {
        const lines = text.replaceAll("\r\n", "\n").split("\n");
        for (const { position, length } of readRcConf(text, "f", new Map()).problems) {
          const line = lines[position.line - 1] ?? "";
          if (position.column < 1 || position.column + length - 1 > line.length)
            throw new Error(`line ${position.line} has no column ${position.column}`);
        }
      }),
      { numRuns: 1000 },
    );
  });

  test("no output has the pass phrase", () => {
    const start = fc.constantFrom(
      "",
      'ifconfig_em0_alias0="vhid 1 ',
      'ifconfig_em0_aliases="inet ',
      'ifconfig_carp0="',
    );
    const blank = fc.constantFrom(" ", "\t", '" ', " \\\n", "=", "  '");
    fc.assert(
      fc.property(start, soup, blank, soup, (start, before, blank, after) => {
        const { problems } = readRcConf(`${start}${before} pass${blank}S3CRET ${after}`, "f", new Map());
        expect(JSON.stringify(problems) + formatProblems(problems)).not.toContain("S3CRET");
      }),
      { numRuns: 1000 },
    );
  });
});
