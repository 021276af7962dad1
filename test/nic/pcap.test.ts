import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ExitCode, OperatorError } from "../../host/errors.ts";
import { encodeCapture, readCapture } from "../../host/nic/pcap.ts";
import { carpFrame } from "../support/frames.ts";
import { requireOrSkip } from "../support/require.ts";

const frames = [
  { timeNs: 1_700_000_000_123_456_000n, bytes: carpFrame({ vhid: 1 }) },
  { timeNs: 1_700_000_001_000_000_000n, bytes: carpFrame({ family: 6, length: 90 }) },
  { timeNs: 1_700_000_002_999_999_000n, bytes: carpFrame({ vhid: 3 }).subarray(0, 60), wireLength: 70 },
];
const expected = frames.map(({ timeNs, bytes, wireLength }, position) => ({
  index: position + 1,
  timeNs,
  timeSeconds: Number(timeNs) / 1e9,
  capturedLength: bytes.length,
  wireLength: wireLength ?? bytes.length,
  bytes,
  linkType: 1,
}));

const read = (file: Uint8Array) => [...readCapture(file, "x.pcap")];

function trouble(file: Uint8Array): OperatorError {
  try {
    read(file);
  } catch (error) {
    if (error instanceof OperatorError) return error;
    throw error;
  }
  throw new Error("the file was read");
}

/** The file as a machine of the other byte order writes it. */
function swapped(file: Uint8Array): Uint8Array {
  const result = file.slice();
  const reverse = (offset: number, length: number) => result.subarray(offset, offset + length).reverse();
  for (const [offset, length] of [
    [0, 4],
    [4, 2],
    [6, 2],
    [8, 4],
    [12, 4],
    [16, 4],
    [20, 4],
  ])
    reverse(offset, length);
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  for (let offset = 24; offset < file.length; offset += 16 + view.getUint32(offset + 8, true)) {
    for (let field = 0; field < 16; field += 4) reverse(offset + field, 4);
  }
  return result;
}

function microseconds(file: Uint8Array): Uint8Array {
  const result = file.slice();
  const view = new DataView(result.buffer);
  view.setUint32(0, 0xa1b2c3d4, true);
  for (let offset = 24; offset < file.length; offset += 16 + view.getUint32(offset + 8, true)) {
    view.setUint32(offset + 4, view.getUint32(offset + 4, true) / 1000, true);
  }
  return result;
}

describe("a capture file", () => {
  test("is read in both byte orders, with micro- and nanoseconds", () => {
    const file = encodeCapture(frames);
    for (const variant of [file, swapped(file), microseconds(file), swapped(microseconds(file))]) {
      expect(read(variant)).toEqual(expected);
    }
    expect(read(encodeCapture([]))).toEqual([]);
  });

  test("is read as far as it is asked for", () => {
    const file = encodeCapture(frames);
    const reader = readCapture(file.subarray(0, file.length - 1), "x.pcap");
    expect(reader.next().value).toEqual(expected[0]);
    expect(reader.next().value).toEqual(expected[1]);
    expect(() => reader.next()).toThrow("cut short within frame 3");
  });

  test("that is cut short anywhere is refused with the place and a remedy", () => {
    const file = encodeCapture(frames);
    const whole = new Set([24, 24 + 16 + 70, 24 + 16 + 70 + 16 + 90]);
    for (let length = 0; length < file.length; length++) {
      const part = file.subarray(0, length);
      if (whole.has(length)) expect(() => read(part)).not.toThrow();
      else expect(trouble(part).message).toMatch(/^x\.pcap: byte \d+: .+: .+/);
    }
    const error = trouble(file.subarray(0, file.length - 1));
    expect(error.code).toBe(ExitCode.Failed);
    expect(error.message).toBe(
      "x.pcap: byte 291: the file is cut short within frame 3: " +
        "capture again, or keep what is whole with editcap -r FILE OUT 1-2",
    );
  });

  test("that is none, or damaged, is refused", () => {
    expect(trouble(new Uint8Array(0)).message).toContain("has 0 bytes and is no capture");
    expect(trouble(new TextEncoder().encode("# not a capture")).message).toContain(
      "give a pcap or pcapng file",
    );
    expect(trouble(Uint8Array.of(0x1f, 0x8b, 8, 0)).message).toContain("gunzip");
    const huge = encodeCapture(frames);
    huge.set([0xff, 0xff, 0xff, 0x7f], 24 + 8);
    expect(trouble(huge).message).toContain("frame 1 claims 2147483647 bytes");
    expect(trouble(encodeCapture(frames, 127)).message).toBe(
      "x.pcap: byte 40: frame 1 has link type 127, which is neither Ethernet, cooked nor raw IP: " +
        "capture on an Ethernet interface",
    );
  });

  test("of cooked or bare frames comes out as Ethernet", () => {
    const source = [0, 0, 0x5e, 0, 1, 1];
    const ipv4 = carpFrame().subarray(14);
    const ipv6 = carpFrame({ family: 6, length: 90 }).subarray(14);
    const cooked = (packet: Uint8Array, type: number[]) =>
      Uint8Array.of(0, 2, 0, 1, 0, 6, ...source, 0, 0, ...type, ...packet);
    const cooked2 = (packet: Uint8Array, type: number[]) =>
      Uint8Array.of(...type, 0, 0, 0, 0, 0, 2, 0, 1, 2, 6, ...source, 0, 0, ...packet);
    const sourceless = (frame: Uint8Array) => frame.slice().fill(0, 6, 12);
    const cases: [number, Uint8Array, Uint8Array][] = [
      [113, cooked(ipv4, [8, 0]), carpFrame()],
      [113, cooked(ipv6, [0x86, 0xdd]), carpFrame({ family: 6, length: 90 })],
      [276, cooked2(ipv4, [8, 0]), carpFrame()],
      [276, cooked2(ipv6, [0x86, 0xdd]), carpFrame({ family: 6, length: 90 })],
      [101, ipv4, sourceless(carpFrame())],
      [101, ipv6, sourceless(carpFrame({ family: 6, length: 90 }))],
      [228, ipv4, sourceless(carpFrame())],
      [229, ipv6, sourceless(carpFrame({ family: 6, length: 90 }))],
    ];
    for (const [linkType, bytes, frame] of cases) {
      const [record] = read(encodeCapture([{ timeNs: 0n, bytes, wireLength: bytes.length + 5 }], linkType));
      expect(record.bytes).toEqual(frame);
      expect(record).toMatchObject({ linkType, capturedLength: frame.length, wireLength: frame.length + 5 });
    }
    for (const linkType of [101, 113, 228, 229, 276]) {
      expect(read(encodeCapture([{ timeNs: 0n, bytes: Uint8Array.of(1) }], linkType))).toHaveLength(1);
    }
  });

  test("never brings the reader to anything but an explained error", () => {
    const file = encodeCapture(frames);
    const spots = fc.array(fc.tuple(fc.nat(file.length - 1), fc.nat(255)), { maxLength: 8 });
    const length = fc.nat(file.length);
    fc.assert(
      fc.property(spots, length, fc.constantFrom(...seeds()), (changes, cut, seed) => {
        const mutant = seed.slice(0, Math.max(cut, 4));
        for (const [offset, value] of changes) mutant[offset % mutant.length] = value;
        try {
          for (const record of readCapture(mutant, "x"))
            expect(record.bytes.length).toBe(record.capturedLength);
        } catch (error) {
          expect(error).toBeInstanceOf(OperatorError);
        }
      }),
    );
  });
});

/** A pcapng file of one little- and one big-endian section, each with the frame in both kinds of block. */
function nextGeneration(): Uint8Array {
  return Uint8Array.from([...section(true), ...section(false)]);
}

const seeds = () => [encodeCapture(frames), nextGeneration()];

function section(littleEndian: boolean): number[] {
  const number = (length: 2 | 4) => (value: number) => {
    const view = new DataView(new ArrayBuffer(length));
    if (length === 2) view.setUint16(0, value, littleEndian);
    else view.setUint32(0, value, littleEndian);
    return [...new Uint8Array(view.buffer)];
  };
  const [u16, u32] = [number(2), number(4)];
  const block = (type: number, body: number[]) => {
    const length = u32(12 + body.length);
    return [...u32(type), ...length, ...body, ...length];
  };
  const frame = [...carpFrame(), 0, 0];
  return [
    ...block(0x0a0d0d0a, [...u32(0x1a2b3c4d), ...u16(1), ...u16(0), ...u32(0xffffffff), ...u32(0xffffffff)]),
    ...block(1, [...u16(1), ...u16(0), ...u32(0), ...u16(9), ...u16(1), 9, 0, 0, 0, ...u16(0), ...u16(0)]),
    ...block(5, u32(0)),
    ...block(6, [...u32(0), ...u32(1), ...u32(7), ...u32(70), ...u32(80), ...frame]),
    ...block(3, [...u32(70), ...frame]),
  ];
}

describe("a pcapng file", () => {
  test("is read over sections of either byte order and unknown blocks", () => {
    const records = read(nextGeneration());
    expect(records.map(({ index }) => index)).toEqual([1, 2, 3, 4]);
    expect(records.map(({ timeNs }) => timeNs)).toEqual([4294967303n, 0n, 4294967303n, 0n]);
    expect(records.map(({ wireLength }) => wireLength)).toEqual([80, 70, 80, 70]);
    for (const { bytes } of records) expect(bytes).toEqual(carpFrame());
  });

  test("that is cut short or damaged is refused with the place", () => {
    const file = nextGeneration();
    expect(trouble(file.subarray(0, file.length - 1)).message).toContain(
      `byte ${file.length - 1}: the file is cut`,
    );
    file[4] = 3;
    expect(trouble(file).message).toContain("byte 0: the pcapng block there is damaged");
  });
});

describe("capture files of other programs", () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "carp-pcap-"));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  test.for(["pcap", "nsecpcap", "pcapng"])("are read as editcap writes them: %s", (format, { skip }) => {
    requireOrSkip(hasEditcap(), "editcap (wireshark-common) is not installed", skip);
    const [source, target] = [join(folder, "in.pcap"), join(folder, `out.${format}`)];
    writeFileSync(source, encodeCapture(frames));
    execFileSync("editcap", ["-F", format, source, target], { stdio: "pipe" });
    expect(
      read(readFileSync(target)).map((record) => ({ ...record, bytes: Uint8Array.from(record.bytes) })),
    ).toEqual(expected.map((record) => ({ ...record, bytes: Uint8Array.from(record.bytes) })));
  });
});

function hasEditcap(): boolean {
  try {
    execFileSync("editcap", ["--version"], { stdio: "pipe" });
    return true;
  } catch {
    return false;
  }
}
