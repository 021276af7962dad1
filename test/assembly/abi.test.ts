import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import * as abi from "../../assembly/abi.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const modulePath = `${root}build/carp.wasm`;
const module = new WebAssembly.Module(readFileSync(modulePath));
const description = JSON.parse(readFileSync(`${root}build/abi.json`, "utf8"));

describe("the module", () => {
  test("imports nothing", () => {
    expect(WebAssembly.Module.imports(module)).toEqual([]);
  });

  test("exports the functions of the front door and its memory, and nothing else", () => {
    const exported = WebAssembly.Module.exports(module).map(({ name, kind }) => `${kind} ${name}`);
    const functions = [
      "abiVersion",
      "handleCommand",
      "handleFrames",
      "handleSent",
      "handleTimeout",
      "laneCount",
      "pollEvents",
      "pollTimeout",
      "pollTransmit",
      "reset",
      "selftest",
      "verifyFrames",
    ];
    expect(exported.sort()).toEqual([...functions.map((name) => `function ${name}`), "memory memory"].sort());
  });

  test("has a memory that never grows", () => {
    const { exports } = new WebAssembly.Instance(module);
    const memory = exports.memory as WebAssembly.Memory;
    expect(memory.buffer.byteLength).toBe(abi.MEMORY_PAGES * 65536);
    expect(() => memory.grow(1)).toThrow();
  });

  test("places its static data where abi.ts says", () => {
    const { options } = JSON.parse(readFileSync(`${root}asconfig.json`, "utf8"));
    expect(options.memoryBase).toBe(abi.STATIC_DATA_OFFSET);
    expect(options.initialMemory).toBe(abi.MEMORY_PAGES);
    expect(options.maximumMemory).toBe(abi.MEMORY_PAGES);
  });

  test("is small", () => {
    const { size } = statSync(modulePath);
    console.log(`build/carp.wasm: ${size} bytes`);
    expect(size).toBeLessThan(64 * 1024);
  });
});

describe("the memory map", () => {
  test("its areas do not overlap and hold what their capacities promise", () => {
    const wanted: [number, number, number][] = [
      [abi.SETTINGS_OFFSET, abi.SETTINGS_SIZE, abi.STATISTICS_OFFSET],
      [abi.STATISTICS_OFFSET, abi.STATISTICS_SIZE, abi.COMMAND_OFFSET],
      [abi.COMMAND_OFFSET, abi.COMMAND_SIZE, abi.INTERFACES_OFFSET],
      [abi.INTERFACES_OFFSET, abi.INTERFACE_CAPACITY * abi.INTERFACE_SIZE, abi.LOOKUP_OFFSET],
      [abi.LOOKUP_OFFSET, abi.INTERFACE_CAPACITY * 256 * 2, abi.HEAP_OFFSET],
      [abi.HEAP_OFFSET, abi.INSTANCE_CAPACITY * 2, abi.OUTBOX_OFFSET],
      [abi.OUTBOX_OFFSET, 4096 * 2, abi.SCRATCH_OFFSET],
      [abi.SCRATCH_OFFSET, abi.SCRATCH_SIZE, abi.LANES_OFFSET],
      [abi.LANES_OFFSET, abi.LANES_SIZE, abi.WAITING_OFFSET],
      [abi.WAITING_OFFSET, abi.WAITING_SIZE, abi.RECEIVE_OFFSET],
      [abi.SCRATCH_OFFSET, abi.SCRATCH_SIZE, abi.RECEIVE_OFFSET],
      [abi.RECEIVE_OFFSET, abi.RECEIVE_CAPACITY * abi.RECEIVE_SLOT_SIZE, abi.TRANSMIT_OFFSET],
      [abi.TRANSMIT_OFFSET, abi.TRANSMIT_CAPACITY * abi.TRANSMIT_SLOT_SIZE, abi.EVENTS_OFFSET],
      [abi.EVENTS_OFFSET, abi.EVENT_CAPACITY * abi.EVENT_SIZE, abi.INSTANCES_OFFSET],
      [abi.INSTANCES_OFFSET, abi.INSTANCE_CAPACITY * abi.INSTANCE_SIZE, abi.STATIC_DATA_OFFSET],
    ];
    for (const [offset, size, end] of wanted) expect(offset + size).toBeLessThanOrEqual(end);
    expect(abi.STATIC_DATA_OFFSET).toBeLessThan(abi.MEMORY_PAGES * 65536);
    expect(abi.INSTANCE_CAPACITY).toBe(abi.INTERFACE_CAPACITY * 255);
  });

  test("the fields of every record lie side by side, inside of it and aligned", () => {
    for (const [name, { size, fields }] of Object.entries<RecordDescription>(description.records)) {
      let end = 0;
      for (const field of fields) {
        expect(field.offset, `${name}.${field.name}`).toBeGreaterThanOrEqual(end);
        const width = { u16: 2, u32: 4, i32: 4, u64: 8, i64: 8 }[field.type] ?? 1;
        expect(field.offset % width, `${name}.${field.name}`).toBe(0);
        end = field.offset + field.size;
      }
      expect(end, name).toBeLessThanOrEqual(size);
      expect(fields.length, name).toBeGreaterThan(3);
    }
  });
});

describe("its description", () => {
  test("docs/ABI.md is not stale", () => {
    const { status, stderr } = spawnSync(process.execPath, [`${root}scripts/generate-abi.mjs`, "--check"]);
    expect(stderr.toString()).toBe("");
    expect(status).toBe(0);
  });

  test("build/abi.json has every constant of abi.ts once", () => {
    const records = Object.values<RecordDescription>(description.records);
    const places = records.flatMap(({ fields }) => fields.map(({ constant, offset }) => [constant, offset]));
    const areas = description.memory.areas.map(({ constant, offset }: Area) => [constant, offset]);
    const all = Object.fromEntries([...places, ...areas, ...Object.entries(description.constants)]);
    expect(all).toEqual(
      Object.fromEntries(Object.entries(abi).filter(([, value]) => typeof value === "number")),
    );
    expect(description.version).toBe(abi.ABI_VERSION);
  });

  test("build/abi.json has every enum with every member", () => {
    const enums: Record<string, Record<string, number>> = {};
    for (const [name, { members }] of Object.entries<EnumDescription>(description.enums)) {
      enums[name] = Object.fromEntries(Object.entries(members).map(([member, { value }]) => [member, value]));
    }
    const wanted: Record<string, unknown> = {};
    for (const [name, value] of Object.entries(abi)) {
      if (typeof value !== "object") continue;
      wanted[name] = Object.fromEntries(
        Object.entries(value).filter(([member]) => Number.isNaN(Number(member))),
      );
    }
    expect(enums).toEqual(wanted);
  });

  test("a host in plain JavaScript needs nothing but the module and its description", () => {
    const script = `${root}test/embedding/verify.mjs`;
    const output = execFileSync(process.execPath, [script, modulePath, `${root}build/abi.json`]);
    expect(output.toString()).toBe("Ok\n");
  });
});

interface RecordDescription {
  readonly size: number;
  readonly fields: readonly {
    readonly name: string;
    readonly constant: string;
    readonly offset: number;
    readonly size: number;
    readonly type: string;
  }[];
}

interface Area {
  readonly constant: string;
  readonly offset: number;
}

interface EnumDescription {
  readonly members: Readonly<Record<string, { readonly value: number }>>;
}
