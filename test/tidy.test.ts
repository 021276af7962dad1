import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { MEMORY_PAGES, STATIC_DATA_OFFSET } from "../assembly/abi.ts";
import { codeOf, filesBelow, functionsOf, hasCode, importsOf, read, root } from "./support/sources.ts";

/**
 * What a machine can hold of how this house is kept. Every rule tells all that breaks it at once.
 *
 * **Doors.** A room may import the rooms in its row, and itself. A room that has no row may not exist.
 *
 *     abi ◀ memory ◀ {wire | crypto} ◀ protocol (not wire) ◀ engine ◀ index
 */
const assemblyDoors: Doors = {
  abi: [],
  memory: ["abi"],
  wire: ["abi", "memory"],
  crypto: ["abi", "memory"],
  protocol: ["abi", "memory", "crypto"],
  engine: ["abi", "memory", "wire", "crypto", "protocol"],
  index: ["abi", "memory", "protocol", "engine"],
  testing: ["abi", "memory", "wire", "crypto", "protocol", "engine"],
};

/**
 *     errors, address, clock, version ◀ log ◀ {core ◀ recorder | nic | link | config | hooks} ◀ node ◀ control ◀ {cli | demo} ◀ main
 *
 * The rooms in braces do not know each other.
 */
const hostDoors: Doors = {
  errors: [],
  address: [],
  log: ["clock"],
  system: ["errors"],
  core: ["errors", "log", "clock"],
  recorder: ["errors", "log", "clock", "core"],
  nic: ["errors", "log", "system"],
  link: ["errors", "log", "address", "system"],
  clock: [],
  version: [],
  config: ["errors", "log", "address"],
  hooks: ["errors", "log"],
  node: [
    "errors",
    "log",
    "address",
    "version",
    "core",
    "recorder",
    "nic",
    "link",
    "clock",
    "config",
    "hooks",
  ],
  control: [
    "errors",
    "log",
    "address",
    "core",
    "recorder",
    "nic",
    "link",
    "clock",
    "config",
    "hooks",
    "node",
  ],
  demo: [
    "errors",
    "log",
    "address",
    "core",
    "recorder",
    "nic",
    "link",
    "clock",
    "config",
    "hooks",
    "node",
    "control",
  ],
  cli: [
    "errors",
    "log",
    "address",
    "version",
    "core",
    "recorder",
    "nic",
    "link",
    "clock",
    "config",
    "hooks",
    "node",
    "control",
    "demo",
  ],
  main: ["errors", "log", "cli"],
  index: ["errors", "core", "recorder", "nic", "link", "config", "node", "control"],
};

/** Files that belong to a room whose folder they are not in. */
const belongsTo: Readonly<Record<string, string>> = {
  "host/node/api.ts": "node",
  "host/node/start.ts": "node",
};

/** What rooms agree on: any room may import the types of these. */
const contracts = ["host/config/model.ts", "host/link/link.ts", "host/nic/nic.ts", "host/node/api.ts"];

/** Doors that one file has to itself. */
const keys: readonly Key[] = [
  { file: "host/node/thread.ts", room: "system", why: "blocks in one poll of sockets, timer and commands" },
  { file: "host/node/start.ts", room: "system", why: "wakes that poll with an eventfd" },
];

/** Calls that have one place, and what to use elsewhere. */
const banned: readonly Ban[] = [
  {
    name: "the time of day",
    call: /\bDate\.now\(|\bnew Date\(\)/,
    instead: "wallClockMs() of host/clock.ts",
    except: ["host/clock.ts"],
  },
  {
    name: "the monotonic clock",
    call: /\bperformance\.now\(|\bhrtime\b/,
    instead: "monotonicNs() of host/clock.ts",
    except: ["host/clock.ts"],
  },
  {
    name: "the end of the process",
    call: /\bprocess\.exit\(/,
    instead: "a returned ExitCode, or a thrown OperatorError",
    except: ["host/main.ts"],
  },
  {
    name: "a shell",
    call: /\bshell\s*:|\bexecSync\b|(?<![.\w])exec\(/,
    instead: "execFile or spawn with an argv array",
    except: [],
  },
  {
    name: "any",
    call: /(?::|<|,|\bas|\|) *any\b(?! *[:(=])|\bany\[\]/,
    instead: "unknown, or the type",
    except: [],
  },
  { name: "a default export", call: /\bexport default\b/, instead: "a named export", except: [] },
  {
    name: "the console",
    call: /\bconsole\./,
    instead: "host/log.ts, or the command's terminal",
    except: ["host/cli/", "host/main.ts", "host/log.ts"],
  },
  { name: "chance", call: /\bMath\.random\(/, instead: "node:crypto", except: [] },
];

/** Sources whose test stands elsewhere; on the host, that test reaches them through its imports. */
const testedBy: Readonly<Record<string, readonly string[]>> = {
  "test/cli/dispatch.test.ts": [
    "host/cli/commands.ts",
    "host/cli/demo.ts",
    "host/cli/help.ts",
    "host/cli/terminal.ts",
  ],
  "test/cli/verify.test.ts": [
    "host/cli/givenaddresses.ts",
    "host/cli/verifier.ts",
    "host/cli/verifysummary.ts",
  ],
  "test/cli/bench.test.ts": ["host/cli/benchload.ts"],
  "test/cli/up.test.ts": ["host/cli/loggednode.ts"],
  "test/cli/conformance.test.ts": ["host/cli/vectors.ts"],
  "test/cli/version.test.ts": ["host/version.ts"],
  "test/core/call-replay.test.ts": ["host/core/call-encoder.ts", "host/core/run-format.ts"],
  "test/control/server.test.ts": ["host/control/routes.ts"],
  "test/interop/harness.test.ts": ["host/demo/nodes.ts"],
  "test/demo/wire-demo.test.ts": ["host/demo/wire-stage.ts", "host/node/event-loop.ts"],
  "test/node/node.test.ts": [
    "host/link/holding.ts",
    "host/node/change.ts",
    "host/node/frame-path.ts",
    "host/node/journal.ts",
    "host/node/log.ts",
    "host/node/machine.ts",
    "host/node/members.ts",
    "host/node/options.ts",
    "host/node/status.ts",
  ],
  "test/reliability/h08-hooks.test.ts": ["host/hooks/hooks.ts"],
  "test/reliability/h16-core-traps.test.ts": ["host/core/trap.ts", "host/node/recovery.ts"],
  "test/node/start.test.ts": ["host/node/controller.ts", "host/node/requests.ts"],
  "test/link/messages.test.ts": [
    "host/link/address-payload.ts",
    "host/link/attributes.ts",
    "host/link/link-payload.ts",
  ],
  "test/link/netlink.test.ts": [
    "host/link/event-filter.ts",
    "host/link/requests.ts",
    "host/system/netlink.ts",
  ],
  "test/link/virtual-mac.test.ts": ["host/link/sysctl.ts"],
  "test/nic/memory.test.ts": ["host/nic/nic.ts"],
  "test/nic/packet.test.ts": [
    "host/nic/groups.ts",
    "host/nic/packet-messages.ts",
    "host/nic/packet-ring.ts",
    "host/system/mapping.ts",
    "host/system/messages.ts",
    "host/system/socket.ts",
  ],
  "test/nic/pcap.test.ts": ["host/nic/pcap-classic.ts", "host/nic/pcap-link-types.ts", "host/nic/pcap-ng.ts"],
  "test/nic/raw.test.ts": ["host/nic/raw-socket.ts"],
  "test/system/libc.test.ts": ["host/system/memory.ts"],
  "test/system/poll.test.ts": ["host/system/event.ts", "host/system/timer.ts"],
  "test/demo/play.test.ts": ["host/demo/scenario.ts", "host/demo/screen.ts"],
  "test/demo/lab.test.ts": ["host/demo/namespaces.ts", "host/demo/observer.ts", "host/demo/client.ts"],
};

/** Sources without a test. Those that hold nothing but types need not stand here. */
const untested: readonly Exception[] = [
  { file: "assembly/engine/slot.ts", why: "where things lie in a frame, which every test of receive holds" },
  { file: "host/demo/network-stage.ts", why: "the demo's test runs the program, which plays on it" },
  { file: "host/main.ts", why: "every test of the program runs it" },
  { file: "host/node/thread.ts", why: "runs in a worker in every scenario" },
  { file: "host/cli/benchworker.ts", why: "runs in the workers of the test of carp bench" },
  { file: "host/errors.ts", why: "classes that carry what they are given; every room's tests catch them" },
  { file: "host/system/errno.ts", why: "the kernel's numbers" },
  { file: "assembly/protocol/constants.ts", why: "numbers, which the tests of what uses them hold" },
  { file: "assembly/testing.ts", why: "the door through which tests see the rooms" },
];

const longestFile = 400;
const longestFunction = 60;
const longFiles: readonly Exception[] = [
  { file: "assembly/abi.ts", why: "the one description of the boundary, which both compilers read" },
];
const longFunctions: readonly Exception[] = [
  { file: "assembly/crypto/sha1.ts#compress", why: "eighty rounds in four loops of five" },
  { file: "assembly/crypto/sha1-lanes.ts#compressLanes", why: "the same, for eight lanes" },
  { file: "assembly/engine/receive.ts#check", why: "every check of a frame, in their one order" },
];

/** The project speaks of itself alone. The words are written so that this file does not hold them. */
const foreignWords: readonly RegExp[] = [
  /(?<![\w-])[a]gents?\b(?!:)/i,
  /\b[s]essions?\b/i,
  /\b[c]laude\b/i,
  /[/]work\//,
  /\.\.\/[s]hared\b/,
  /\b[r]egistry\.\w|\b[n]pmjs\b/i,
];

type Doors = Readonly<Record<string, readonly string[]>>;

interface Exception {
  /** A file, a folder with `/` at its end, or `file#function`. */
  readonly file: string;
  readonly why: string;
}

interface Key extends Exception {
  readonly room: string;
}

interface Ban {
  readonly name: string;
  readonly call: RegExp;
  readonly instead: string;
  readonly except: readonly string[];
}

const assembly = filesBelow("assembly").filter((path) => path.endsWith(".ts"));
const host = filesBelow("host").filter((path) => path.endsWith(".ts"));
const sources = [...assembly, ...host];

describe("doors", () => {
  it("assembly: a room imports only the rooms in its row", () => {
    expectNone(assembly.flatMap((path) => closedDoors(path, "assembly", assemblyDoors)));
  });

  it("host: a room imports only the rooms in its row", () => {
    expectNone(host.flatMap((path) => closedDoors(path, "host", hostDoors)));
  });

  it("host and assembly meet in assembly/abi.ts; its layouts are for host/core, its enums for all", () => {
    const meetings = host.flatMap((path) =>
      importsOf(path, read(path))
        .filter(({ target }) => target.startsWith("assembly/"))
        .filter(
          ({ target, names }) =>
            target !== "assembly/abi.ts" || !(roomOf(path) === "core" || names.every(isEnum)),
        )
        .map(({ target, names }) => `${path} imports ${names.join(", ")} of ${target}`),
    );
    expectNone([...meetings, ...assembly.flatMap(foreignImports)]);
  });

  it("only host/index.ts gathers what other files export", () => {
    const gathering = host
      .filter((path) => path !== "host/index.ts")
      .filter((path) => /^export .*\bfrom "/m.test(read(path)));
    expectNone(gathering.map((path) => `${path} exports what another file has`));
  });
});

describe("calls", () => {
  for (const { name, call, instead, except } of banned) {
    it(`${name}: ${instead}`, () => {
      expectNone(
        host
          .filter((path) => !except.some((place) => isAt(path, place)))
          .flatMap((path) =>
            codeOf(read(path)).flatMap((line, index) =>
              call.test(line) ? [`${path}:${index + 1}: ${line.trim()}`] : [],
            ),
          ),
      );
    });
  }
});

describe("size", () => {
  it(`no file is longer than ${longestFile} lines`, () => {
    expectNone(
      sources
        .filter((path) => isLong(path) && !isExcepted(path, longFiles))
        .map((path) => `${path} has ${read(path).split("\n").length - 1} lines`),
    );
  });

  it(`no function is longer than ${longestFunction} lines`, () => {
    expectNone(
      sources.flatMap((path) =>
        functionsOf(read(path))
          .filter(
            ({ length, name }) => length > longestFunction && !isExcepted(`${path}#${name}`, longFunctions),
          )
          .map(({ name, line, length }) => `${path}:${line}: ${name} has ${length} lines`),
      ),
    );
  });
});

describe("tests", () => {
  it("every source has its test, in the same place below test/", () => {
    expectNone(
      sources
        .filter((path) => hasCode(read(path)) && !existsSync(join(root, testOf(path))))
        .filter((path) => !isExcepted(path, untested) && !Object.values(testedBy).flat().includes(path))
        .map((path) => `${path} has no ${testOf(path)}`),
    );
  });

  it("a test that stands elsewhere reaches what it tests", () => {
    expectNone(
      Object.entries(testedBy).flatMap(([test, tested]) => {
        const reached = reachedFrom(test);
        return tested.filter((path) => !reached.has(path)).map((path) => `${test} does not reach ${path}`);
      }),
    );
  });

  it("every exception is still one", () => {
    const all = [...keys, ...untested, ...longFiles, ...longFunctions];
    const gone = all
      .filter(({ file }) => !existsSync(join(root, file.split("#")[0])))
      .map(({ file }) => file);
    const tested = [...untested.map(({ file }) => file), ...Object.values(testedBy).flat()].filter((file) =>
      existsSync(join(root, testOf(file))),
    );
    const short = longFiles.map(({ file }) => file).filter((file) => !gone.includes(file) && !isLong(file));
    const shortFunctions = longFunctions.map(({ file }) => file).filter((place) => !hasLongFunction(place));
    expectNone([...gone, ...tested, ...short, ...shortFunctions].map((file) => `${file} needs no exception`));
  });
});

describe("the project", () => {
  it("speaks of itself alone", () => {
    const texts = filesBelow(".").filter((path) => !/\.(pcap|wasm|png)$|^package-lock\.json$/.test(path));
    expectNone(
      texts.flatMap((path) =>
        read(path)
          .split("\n")
          .flatMap((line, index) =>
            foreignWords.some((word) => word.test(line))
              ? [`${path}:${index + 1}: ${line.trim().slice(0, 100)}`]
              : [],
          ),
      ),
    );
  });

  it("names exact versions of what it needs", () => {
    const manifest = JSON.parse(read("package.json"));
    const needed = {
      ...manifest.dependencies,
      ...manifest.optionalDependencies,
      ...manifest.devDependencies,
    };
    expectNone(
      Object.entries<string>(needed)
        .filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version))
        .map(([name, version]) => `${name} ${version}`),
    );
  });

  it("has a lock file that binds to no host", () => {
    const lock: { packages: Record<string, { resolved?: string }> } = JSON.parse(read("package-lock.json"));
    expectNone(
      Object.entries(lock.packages)
        .filter(([, entry]) => entry.resolved !== undefined)
        .map(([name, entry]) => `${name} is resolved to ${entry.resolved}`),
    );
  });

  it("compiles the core into the memory that abi.ts describes", () => {
    const { options } = JSON.parse(read("asconfig.json"));
    expect(options).toMatchObject({
      memoryBase: STATIC_DATA_OFFSET,
      initialMemory: MEMORY_PAGES,
      maximumMemory: MEMORY_PAGES,
    });
  });
});

function closedDoors(path: string, side: string, doors: Doors): string[] {
  const room = roomOf(path);
  if (doors[room] === undefined) return [`${path}: ${room} has no row`];
  return importsOf(path, read(path))
    .filter(({ target }) => target.startsWith(`${side}/`) && roomOf(target) !== room)
    .filter(({ target, isTypeOnly }) => !(isTypeOnly && contracts.includes(target)))
    .filter(({ target }) => !doors[room].includes(roomOf(target)))
    .filter(({ target }) => !keys.some((key) => isAt(path, key.file) && key.room === roomOf(target)))
    .map(({ target, isTypeOnly }) => `${path} imports ${isTypeOnly ? "types of " : ""}${target}`);
}

function foreignImports(path: string): string[] {
  return importsOf(path, read(path))
    .filter(({ target }) => !target.startsWith("assembly/"))
    .map(({ target }) => `${path} imports ${target}`);
}

/** `nic` of `host/nic/packet.ts`, `main` of `host/main.ts`. */
function roomOf(path: string): string {
  return belongsTo[path] ?? path.split("/")[1].replace(/\.ts$/, "");
}

/** `test/nic/packet.test.ts` of `host/nic/packet.ts`; the core's tests stand below `test/assembly`. */
function testOf(path: string): string {
  return path
    .replace(/^host\//, "test/")
    .replace(/^assembly\//, "test/assembly/")
    .replace(/\.ts$/, ".test.ts");
}

/** Every source that a file imports, at any remove. */
function reachedFrom(path: string, reached: Set<string> = new Set()): Set<string> {
  for (const { target } of importsOf(path, read(path))) {
    if (reached.has(target) || !existsSync(join(root, target))) continue;
    reached.add(target);
    reachedFrom(target, reached);
  }
  return reached;
}

/** Enums are PascalCase, offsets and sizes UPPER_SNAKE. */
function isEnum(name: string): boolean {
  return /^[A-Z][a-z]/.test(name);
}

function isLong(path: string): boolean {
  return read(path).split("\n").length - 1 > longestFile;
}

function hasLongFunction(place: string): boolean {
  const [path, name] = place.split("#");
  if (!existsSync(join(root, path))) return false;
  return functionsOf(read(path)).some((one) => one.name === name && one.length > longestFunction);
}

function isExcepted(path: string, exceptions: readonly Exception[]): boolean {
  return exceptions.some(({ file }) => isAt(path, file));
}

function isAt(path: string, place: string): boolean {
  return place.endsWith("/") ? path.startsWith(place) : path === place;
}

function expectNone(violations: readonly string[]): void {
  expect(violations.length, `\n${violations.join("\n")}\n`).toBe(0);
}
