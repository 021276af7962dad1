// Makes the fuzzers: the core's baseline module, translated to C by wasm2c, with the targets in native/, by clang.
import { execFile, execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { hosts, interfaces } from "./setup.mjs";

const run = promisify(execFile);
const root = fileURLToPath(new URL("../..", import.meta.url));
const native = fileURLToPath(new URL("native", import.meta.url));
export const corpusFolder = fileURLToPath(new URL("corpus", import.meta.url));

/** Each target: its source, what it is compiled with, and the longest input that it can use. */
export const targets = {
  receive4: { source: "receive.c", flags: ["-DFUZZ_TYPE=0x0800"], longest: 289, weight: 49 },
  receive6: { source: "receive.c", flags: ["-DFUZZ_TYPE=0x86dd"], longest: 289, weight: 49 },
  sequence: { source: "sequence.c", flags: ["-DONLY_COMMANDS=0"], longest: 192, weight: 1 },
  commands: { source: "sequence.c", flags: ["-DONLY_COMMANDS=1"], longest: 400, weight: 1 },
};

/** What is missing for fuzzing on this machine, or undefined. */
export function missingTools() {
  for (const [program, ...argv] of [
    ["wasm2c", "--version"],
    ["clang", "--version"],
  ]) {
    try {
      execFileSync(program, argv, { stdio: "ignore" });
    } catch {
      return `${program} is not installed`;
    }
  }
  const library = execFileSync("clang", ["-print-file-name=libclang_rt.fuzzer-x86_64.a"], {
    encoding: "utf8",
  });
  const resources = execFileSync("clang", ["-print-resource-dir"], { encoding: "utf8" }).trim();
  const places = [library.trim(), join(resources, "lib/linux", `libclang_rt.fuzzer-${machine()}.a`)];
  return places.some((path) => path.includes("/") && existsSync(path))
    ? undefined
    : "clang's fuzzer library is not installed (libclang-rt-dev)";
}

function machine() {
  return process.arch === "x64" ? "x86_64" : process.arch === "arm64" ? "aarch64" : process.arch;
}

/**
 * Compiles the targets into `folder` and returns their programs by name. `sources` is where the core's sources are:
 * another place for a mutant. With `coverage` the programs are made for llvm-cov instead of for fuzzing.
 */
export async function buildFuzzers(folder, names, { sources = root, coverage = false } = {}) {
  mkdirSync(folder, { recursive: true });
  await translate(folder, sources);
  const abi = await import(pathToFileURL(join(root, "build/assembly/abi.js")).href);
  writeFileSync(join(folder, "abi.h"), abiHeader(abi));
  writeFileSync(join(folder, "setup.c"), setupSource(abi));
  const compile = async (source, object, ...flags) => {
    const output = join(folder, object);
    const argv = ["-std=gnu11", "-O2", "-g", "-fno-omit-frame-pointer", `-I${folder}`, `-I${native}`];
    await run("clang", [
      ...argv,
      "-DWASM_RT_MEMCHECK_SIGNAL_HANDLER=0",
      "-DWASM_RT_USE_STACK_DEPTH_COUNT=0",
      ...flags,
      "-c",
      source,
      "-o",
      output,
    ]);
    return output;
  };
  const strict = ["-Wall", "-Wextra", "-Werror"];
  const instrument = coverage
    ? ["-fprofile-instr-generate", "-fcoverage-mapping"]
    : [
        "-fsanitize-coverage=inline-8bit-counters,pc-table",
        `-fsanitize-coverage-ignorelist=${join(native, "uninstrumented.txt")}`,
      ];
  const shared = await Promise.all([
    compile(
      join(folder, "carp.c"),
      "carp.o",
      "-Wno-unused",
      "-include",
      join(native, "guard.h"),
      ...instrument,
    ),
    compile(join(folder, "setup.c"), "setup.o", ...strict),
    ...["core", "oracle", "sha1", "world"].map((name) =>
      compile(join(native, `${name}.c`), `${name}.o`, ...strict),
    ),
  ]);
  const programs = {};
  for (const name of names) {
    const { source, flags } = targets[name];
    const object = await compile(join(native, source), `${name}.o`, ...strict, ...flags);
    programs[name] = join(folder, name);
    const profile = coverage ? ["-fprofile-instr-generate"] : [];
    await run("clang", ["-fsanitize=fuzzer", ...profile, object, ...shared, "-o", programs[name]]);
  }
  return programs;
}

/** The module with the names of its functions, which is the shipped one otherwise, as C. */
async function translate(folder, sources) {
  const module = join(folder, "core.wasm");
  const compiler = join(root, "node_modules/assemblyscript/bin/asc.js");
  const argv = ["--config", "asconfig.json", "--target", "baseline", "--debug", "--outFile", module];
  await run(process.execPath, [compiler, ...argv], { cwd: sources });
  const shipped = join(root, "build/carp.baseline.wasm");
  if (sources === root && !withoutNames(readFileSync(module)).equals(withoutNames(readFileSync(shipped)))) {
    throw new Error("the module to be fuzzed is not the shipped one: npm run build");
  }
  const source = join(folder, "carp.c");
  await run("wasm2c", [module, "-n", "carp", "-o", source]);
  const text = readFileSync(source, "utf8");
  const check = "#define MEMCHECK(mem, a, t) RANGE_CHECK(mem, a, sizeof(t))";
  if (!text.includes(check)) throw new Error("another wasm2c than expected: it has no MEMCHECK");
  writeFileSync(source, text.replace(check, "#define MEMCHECK(mem, a, t) GUARDED(mem, a, sizeof(t))"));
}

/** A module without its custom sections (WebAssembly 1.0 §5.5). */
export function withoutNames(module) {
  const kept = [module.subarray(0, 8)];
  for (let at = 8; at < module.length; ) {
    const start = at;
    const id = module[at++];
    let size = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = module[at++];
      size += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) break;
    }
    at += size;
    if (id !== 0) kept.push(module.subarray(start, at));
  }
  return Buffer.concat(kept);
}

/** Every constant of the boundary as ABI_NAME, every member of an enum as ABI_Enum_Member. */
function abiHeader(abi) {
  const lines = Object.entries(abi).flatMap(([name, value]) =>
    typeof value === "number"
      ? [`#define ABI_${name} ${value}`]
      : Object.entries(value)
          .filter(([, number]) => typeof number === "number")
          .map(([member, number]) => `#define ABI_${name}_${member} ${number}`),
  );
  return `${lines.join("\n")}\n`;
}

/** The set-up as the command records that make it, and as the oracle knows it. */
function setupSource(abi) {
  const commands = [
    ...interfaces.map((one) => interfaceCommand(abi, one)),
    ...hosts.flatMap((host) => [hostCommand(abi, host), addressCommand(abi, host)]),
  ];
  return [
    '#include "core.h"',
    `static const uint8_t records[][ABI_COMMAND_SIZE] = {${commands.map(braced).join(",\n")}};`,
    "const uint8_t (*const setup_commands)[ABI_COMMAND_SIZE] = records;",
    `const unsigned setup_command_count = ${commands.length};`,
    `const struct host hosts[] = {${hosts.map((host) => hostLine(abi, host)).join(",\n")}};`,
    `const unsigned host_count = ${hosts.length};`,
    "",
  ].join("\n");
}

function command(abi, kind, interfaceIndex, vhid) {
  const record = Buffer.alloc(abi.COMMAND_SIZE);
  record[abi.COMMAND_KIND] = kind;
  record[abi.COMMAND_INTERFACE] = interfaceIndex;
  record[abi.COMMAND_VHID] = vhid;
  return record;
}

function interfaceCommand(abi, { index, hasCarrier }) {
  const record = command(abi, abi.Command.SetInterface, index, 0);
  record[abi.COMMAND_FLAGS] = abi.InterfaceFlag.Up | (hasCarrier ? abi.InterfaceFlag.Carrier : 0);
  record.set([2, 0, 0, 0, 0, index + 1], abi.COMMAND_MAC);
  record.set([192, 168, index, 2], abi.COMMAND_SOURCE4);
  record.set([0xfe, 0x80], abi.COMMAND_SOURCE6);
  record[abi.COMMAND_SOURCE6 + 15] = index + 2;
  return record;
}

function hostCommand(abi, host) {
  const record = command(abi, abi.Command.SetVirtualHost, host.interfaceIndex, host.vhid);
  const { Advbase, Advskew, Key, Flags, Entropy } = abi.Field;
  record.writeUInt32LE(Advbase | Advskew | Key | Flags | Entropy, abi.COMMAND_FIELDS);
  record[abi.COMMAND_FLAGS] = hostFlags(abi, host);
  record[abi.COMMAND_ADVBASE] = host.advbase;
  record[abi.COMMAND_ADVSKEW] = host.advskew;
  record[abi.COMMAND_KEY_LENGTH] = host.key.length;
  record.set(host.key, abi.COMMAND_KEY);
  record.writeBigUInt64LE(0x1234_5678_9abc_def0n + (BigInt(host.vhid) << 48n), abi.COMMAND_ENTROPY);
  return record;
}

function addressCommand(abi, { interfaceIndex, vhid, addresses }) {
  const record = command(abi, abi.Command.SetAddresses, interfaceIndex, vhid);
  const [list4, list6] = [4, 16].map((length) => addresses.filter((address) => address.length === length));
  record.writeUInt16LE(list4.length, abi.COMMAND_COUNT4);
  record.writeUInt16LE(list6.length, abi.COMMAND_COUNT6);
  record.set(list4.flat(), abi.COMMAND_ADDRESSES4);
  record.set(list6.flat(), abi.COMMAND_ADDRESSES6);
  return record;
}

function hostFlags(abi, { unicast4, unicast6 }) {
  return (unicast4 ? abi.InstanceFlag.Unicast4 : 0) | (unicast6 ? abi.InstanceFlag.Unicast6 : 0);
}

function hostLine(abi, host) {
  const [list4, list6] = [4, 16].map((length) =>
    host.addresses
      .filter((address) => address.length === length)
      .sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))),
  );
  const numbers = [
    host.interfaceIndex,
    host.vhid,
    hostFlags(abi, host),
    host.key.length,
    list4.length,
    list6.length,
  ];
  return `{${[...numbers, braced(host.key), `{${list4.map(braced)}}`, `{${list6.map(braced)}}`].join(", ")}}`;
}

function braced(bytes) {
  return `{${[...bytes].join(",")}}`;
}
