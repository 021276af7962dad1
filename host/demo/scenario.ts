import type { VirtualHostStatus } from "../node/api.ts";

export type VhidState = VirtualHostStatus["state"];

/** The three hosts of the FreeBSD handbook's example: two servers, and a third that stands in for both. */
export const handbook: readonly DemoHost[] = [
  {
    name: "hosta",
    address: "192.168.1.3",
    rcConf: [
      'ifconfig_em0="inet 192.168.1.3 netmask 255.255.255.0"',
      'ifconfig_em0_alias0="inet vhid 1 pass testpass alias 192.168.1.50/32"',
    ],
  },
  {
    name: "hostb",
    address: "192.168.1.4",
    rcConf: [
      'ifconfig_em0="inet 192.168.1.4 netmask 255.255.255.0"',
      'ifconfig_em0_alias0="inet vhid 2 pass testpass alias 192.168.1.51/32"',
    ],
  },
  {
    name: "hostc",
    address: "192.168.1.5",
    rcConf: [
      'ifconfig_em0="inet 192.168.1.5 netmask 255.255.255.0"',
      'ifconfig_em0_alias0="inet vhid 1 advskew 100 pass testpass alias 192.168.1.50/32"',
      'ifconfig_em0_alias1="inet vhid 2 advskew 100 pass testpass alias 192.168.1.51/32"',
    ],
  },
];

export const sharedAddresses: readonly string[] = ["192.168.1.50", "192.168.1.51"];

export interface DemoHost {
  readonly name: string;
  /** On a /24. */
  readonly address: string;
  readonly rcConf: readonly string[];
}

/** What happens, to whom, and the states that must follow; a host that is not named is off. */
export interface DemoStep {
  readonly title: string;
  readonly powerOn: readonly string[];
  readonly powerOff: readonly string[];
  readonly goal: ReadonlyMap<string, ReadonlyMap<number, VhidState>>;
  /** These must not be MASTER of anything on the way to the goal. */
  readonly neverMaster: readonly string[];
}

const allUp = new Map([
  ["hosta", new Map<number, VhidState>([[1, "MASTER"]])],
  ["hostb", new Map<number, VhidState>([[2, "MASTER"]])],
  [
    "hostc",
    new Map<number, VhidState>([
      [1, "BACKUP"],
      [2, "BACKUP"],
    ]),
  ],
]);

const withoutHosta = new Map([
  ["hostb", new Map<number, VhidState>([[2, "MASTER"]])],
  [
    "hostc",
    new Map<number, VhidState>([
      [1, "MASTER"],
      [2, "BACKUP"],
    ]),
  ],
]);

export const handbookSteps: readonly DemoStep[] = [
  {
    title: "three hosts start together",
    powerOn: ["hosta", "hostb", "hostc"],
    powerOff: [],
    goal: allUp,
    neverMaster: ["hostc"],
  },
  { title: "hosta loses power", powerOn: [], powerOff: ["hosta"], goal: withoutHosta, neverMaster: [] },
  { title: "hosta returns and preempts", powerOn: ["hosta"], powerOff: [], goal: allUp, neverMaster: [] },
];
