import type { RunCommand } from "./terminal.ts";

/** An option of a command; `value` is what its value is called in the help. */
export interface Option {
  readonly type: "string" | "boolean";
  readonly short?: string;
  readonly multiple?: boolean;
  readonly value?: string;
  readonly sentence: string;
}

/** One command: what dispatch and help know of it, and how to get at its program. */
export interface Command {
  readonly name: string;
  readonly summary: string;
  readonly usage: readonly string[];
  /** By long name. */
  readonly options: Readonly<Record<string, Option>>;
  /** How many words it takes that are no options, at least and at most; none where it is left out. */
  readonly words?: readonly [minimum: number, maximum: number];
  /** Everything from the first word on is taken as it stands, dashes included. */
  readonly wordsAsTheyStand?: boolean;
  /** Sentences below the options. */
  readonly notes?: readonly string[];
  readonly examples: readonly string[];
  readonly load: () => Promise<RunCommand>;
}

const many = Number.MAX_SAFE_INTEGER;

const socket: Option = {
  type: "string",
  value: "PATH",
  sentence: "The control socket of the node (default /run/carp/carp.sock).",
};

const json: Option = { type: "boolean", sentence: "Prints JSON." };

const map: Option = {
  type: "string",
  multiple: true,
  value: "NAME=NAME",
  sentence: "An interface of the file and what it is called here, as em0=eth0; may be repeated.",
};

const passFile: Option = {
  type: "string",
  value: "FILE",
  sentence: "The pass phrase is the file's first line; others must not be able to read the file.",
};

/** Every command, in the order of the help. */
export const commands: readonly Command[] = [
  {
    name: "up",
    summary: "run a node in the foreground",
    usage: [
      "carp up --interface IF --vhid N --pass-file FILE [OPTION]… ADDRESS/LENGTH…",
      "carp up --rc-conf FILE [--map NAME=NAME]… [OPTION]…",
    ],
    options: {
      interface: {
        type: "string",
        short: "i",
        value: "IF",
        sentence: "The interface that shares the addresses.",
      },
      vhid: {
        type: "string",
        value: "N",
        sentence: "The virtual host's number, 1..255, the same on all hosts.",
      },
      "pass-file": {
        ...passFile,
        sentence: `${passFile.sentence} credential:NAME is systemd's.`,
      },
      "pass-prompt": { type: "boolean", sentence: "Asks for the pass phrase at the terminal." },
      "no-pass": {
        type: "boolean",
        sentence: "The empty pass phrase: anybody may speak for the virtual host.",
      },
      advbase: {
        type: "string",
        value: "N",
        sentence:
          "Seconds between advertisements, 1..255 (default 1); 0 with an advskew, for less than one (OpenBSD's dialect).",
      },
      advskew: {
        type: "string",
        value: "N",
        sentence:
          "Added to advbase, in 1/256 s, 0..254 (default 0); the host with the shortest interval is master.",
      },
      preempt: { type: "boolean", sentence: "Takes over from a master that advertises less often." },
      replay: {
        type: "string",
        value: "off|log|strict",
        sentence:
          "What is done about advertisements whose counters were heard before (default log; strict among nodes of this program only).",
      },
      vmac: { type: "boolean", sentence: "Holds the addresses on a macvlan with the virtual MAC." },
      "no-lease": {
        type: "boolean",
        sentence:
          "Leaves the addresses in place when the node is killed or frozen; else the kernel takes them away.",
      },
      "source-mac": {
        type: "string",
        value: "virtual|own",
        sentence:
          "The source MAC of advertisements (default virtual); own where a hypervisor forbids others.",
      },
      io: { type: "string", value: "packet|raw", sentence: "How frames are read and sent (default packet)." },
      revectorize: {
        type: "boolean",
        sentence: "Has V8 verify eight packets in one vector where it can (Node 24 and newer, experimental).",
      },
      hook: {
        type: "string",
        value: "PROGRAM",
        sentence: "Is run at every transition: PROGRAM carp VHID@IF STATE.",
      },
      "state-dir": {
        type: "string",
        value: "DIR",
        sentence:
          "Where the counters of advertisements are kept across restarts (default $STATE_DIRECTORY, else nowhere).",
      },
      "record-dir": {
        type: "string",
        value: "DIR",
        sentence:
          "Writes the last frames to a file here when a VHID becomes or ceases to be MASTER: 16 files of 1 MiB at most (default $STATE_DIRECTORY/records, where a service manager sets that; empty: none).",
      },
      "record-run": {
        type: "string",
        value: "FILE",
        sentence:
          "Writes every call of the core down, for carp replay; a FILE that is there becomes FILE.old.",
      },
      "record-run-limit": {
        type: "string",
        value: "MIB",
        sentence: "The recorded run ends when it has so many MiB (default 64).",
      },
      "rc-conf": { type: "string", value: "FILE", sentence: "Reads the virtual hosts from an rc.conf." },
      map,
      socket,
    },
    words: [0, many],
    notes: [
      "SIGTERM, SIGINT and SIGQUIT leave politely, SIGHUP reads the configuration again, SIGUSR1 logs the status, SIGUSR2 hands every address over.",
    ],
    examples: [
      "carp up --interface eth0 --vhid 1 --pass-file /etc/carp/pass 192.168.1.50/24",
      "carp up --rc-conf /etc/carp/rc.conf --map em0=eth0 --preempt",
    ],
    load: async () => (await import("./up.ts")).runUp,
  },
  {
    name: "check",
    summary: "check a configuration and report every problem at once",
    usage: ["carp check [--map NAME=NAME]… FILE…"],
    options: { map },
    words: [1, many],
    examples: ["carp check --map em0=eth0 /etc/carp/rc.conf"],
    load: async () => (await import("./check.ts")).runCheck,
  },
  {
    name: "status",
    summary: "show the virtual hosts of a running node",
    usage: ["carp status [VHID[@IF]] [--json | --check] [--watch] [--socket PATH]"],
    options: {
      json: { type: "boolean", sentence: "Prints an array with one object for each VHID." },
      watch: { type: "boolean", short: "w", sentence: "Shows it again each second." },
      check: {
        type: "boolean",
        sentence:
          "Prints one line for a monitoring system and exits with 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN.",
      },
      socket,
    },
    words: [0, 1],
    examples: ["carp status", "carp status 1@eth0", "carp status --json"],
    load: async () => (await import("./status.ts")).runStatus,
  },
  {
    name: "ifconfig",
    summary: "show or change virtual hosts in FreeBSD's words",
    usage: ["carp ifconfig [--socket PATH] [IF]", "carp ifconfig [--socket PATH] IF vhid N WORD…"],
    options: { socket },
    words: [0, many],
    wordsAsTheyStand: true,
    notes: [
      "Words: advbase N, advskew N, pass STRING, state backup|master, ADDRESS/LENGTH with alias or -alias.",
      "Other users of this machine can see a pass phrase that is given here.",
    ],
    examples: [
      "carp ifconfig",
      "carp ifconfig em0 vhid 1 state backup",
      "carp ifconfig em0 vhid 1 advskew 50",
    ],
    load: async () => (await import("./ifconfig.ts")).runIfconfig,
  },
  {
    name: "sysctl",
    summary: "read or write net.inet.carp.*",
    usage: ["carp sysctl [--socket PATH] [net.inet.carp.NAME[=VALUE]]…"],
    options: { socket },
    words: [0, many],
    notes: ["A write to net.inet.carp.demotion adds: 240 demotes this host, -240 takes it back."],
    examples: [
      "carp sysctl",
      "carp sysctl net.inet.carp.preempt=1",
      "carp sysctl net.inet.carp.demotion=240",
    ],
    load: async () => (await import("./sysctl.ts")).runSysctl,
  },
  {
    name: "monitor",
    summary: "print one line for each event of a running node",
    usage: ["carp monitor [--json] [--socket PATH]"],
    options: { json: { type: "boolean", sentence: "Prints one JSON object a line." }, socket },
    examples: ["carp monitor"],
    load: async () => (await import("./monitor.ts")).runMonitor,
  },
  {
    name: "history",
    summary: "show the last 1024 transitions of a running node, and what decided each",
    usage: ["carp history [--json] [--socket PATH]"],
    options: { json: { type: "boolean", sentence: "Prints one JSON object a line." }, socket },
    examples: ["carp history", "carp history --json"],
    load: async () => (await import("./history.ts")).runHistory,
  },
  {
    name: "record",
    summary: "write the last 4096 CARP frames of a running node, with their verdicts",
    usage: ["carp record [--socket PATH] [FILE]"],
    options: { socket },
    words: [0, 1],
    notes: [
      "The file is pcapng: the comment of a frame is its verdict. Without a FILE it goes to the output.",
    ],
    examples: ["carp record incident.pcapng", "carp record | tshark -r - -V"],
    load: async () => (await import("./record.ts")).runRecord,
  },
  {
    name: "reload",
    summary: "have a running node read its configuration again",
    usage: ["carp reload [--socket PATH]"],
    options: { socket },
    examples: ["carp reload"],
    load: async () => (await import("./reload.ts")).runReload,
  },
  {
    name: "verify",
    summary: "verify the advertisements of a capture",
    usage: ["carp verify [-p PASS | --pass-file FILE] -a ADDRESS… [--json] FILE.pcap…"],
    options: {
      pass: {
        type: "string",
        short: "p",
        value: "PASS",
        sentence:
          "The pass phrase. Other users can see it here: prefer --pass-file. Without one it is empty.",
      },
      "pass-file": passFile,
      address: {
        type: "string",
        short: "a",
        multiple: true,
        value: "ADDRESS",
        sentence: "A virtual address, or VHID@ADDRESS; repeat it for each one: all are part of the HMAC.",
      },
      json: { type: "boolean", sentence: "Prints an array with one object for each CARP packet." },
    },
    words: [1, many],
    notes: ["Exits with 1 when an advertisement is not authentic."],
    examples: ["carp verify --pass-file /etc/carp/pass -a 192.168.1.50 lab.pcap"],
    load: async () => (await import("./verify.ts")).runVerify,
  },
  {
    name: "replay",
    summary: "feed a recorded run to a fresh core and compare its transitions",
    usage: ["carp replay --rc-conf FILE [--map NAME=NAME]… RUN", "carp replay --pass-file FILE RUN"],
    options: {
      "rc-conf": { type: "string", value: "FILE", sentence: "The configuration has the pass phrases." },
      map,
      "pass-file": passFile,
    },
    words: [1, 1],
    notes: [
      "The run comes from carp up --record-run. Exits with 1 at the first difference, which it prints.",
    ],
    examples: ["carp replay --rc-conf /etc/carp/rc.conf --map em0=eth0 /var/lib/carp/run"],
    load: async () => (await import("./replay.ts")).runReplay,
  },
  {
    name: "demo",
    summary: "run three hosts on this machine and let one fail",
    usage: ["carp demo"],
    options: {},
    examples: ["carp demo"],
    load: async () => (await import("./demo.ts")).runDemoCommand,
  },
  {
    name: "conformance",
    summary: "print this node's verdict on each packet of a vector file",
    usage: ["carp conformance FILE.json"],
    options: {},
    words: [1, 1],
    examples: ["carp conformance vectors.json"],
    load: async () => (await import("./conformance.ts")).runConformance,
  },
  {
    name: "bench",
    summary: "time the verification of advertisements on this machine",
    usage: ["carp bench [--seconds N] [--workers N] [--json]"],
    options: {
      seconds: { type: "string", value: "N", sentence: "How long it takes, about (default 3)." },
      workers: {
        type: "string",
        value: "N",
        sentence: "Also times so many workers at once, each with a core of its own.",
      },
      json,
    },
    examples: ["carp bench", "carp bench --workers 2 --json"],
    load: async () => (await import("./bench.ts")).runBench,
  },
  {
    name: "genkey",
    summary: "print a new pass phrase",
    usage: ["carp genkey"],
    options: {},
    examples: ["(umask 077; carp genkey > /etc/carp/pass)"],
    load: async () => (await import("./genkey.ts")).runGenkey,
  },
  {
    name: "version",
    summary: "print the version",
    usage: ["carp version"],
    options: { json },
    examples: ["carp version"],
    load: async () => (await import("./version.ts")).runVersion,
  },
];
