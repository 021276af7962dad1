import { beforeEach, describe, expect, test } from "vitest";
import * as abi from "../../../assembly/abi.ts";
import { Driver, inWords, linkedFlags, peer, type VirtualHost } from "../../support/driver.ts";
import { type Advertisement, addressBytes, advertisementFrame } from "../../support/frames.ts";

const { Ok, BadAuth } = abi.Verdict;

/** The worked examples of protocol §2.4: what was configured, and the 36 bytes. */
const worked: Record<string, { readonly sent: Advertisement; readonly header: string }> = {
  A: {
    sent: { ...peer, advskew: 100, counter: 0x0123456789abcdefn },
    header: "2101640700012b450123456789abcdef8a28722b250012cc264dc3ff6044f75668e5d29d",
  },
  B: {
    sent: {
      vhid: 7,
      advbase: 1,
      advskew: 0,
      key: "mekmitasdigoat",
      addresses: [
        "198.51.100.7",
        "10.0.0.9",
        "192.0.2.1",
        "2001:db8::2",
        "fe80::200:5eff:fe00:107",
        "2001:db8::1",
      ],
      counter: 0xfedcba9876543210n,
      family: 6,
    },
    header: "2107000700016070fedcba9876543210b26250253392f9706c3f6fa628a6592158ee367f",
  },
  C: {
    sent: {
      vhid: 200,
      advbase: 2,
      advskew: 254,
      key: "0123456789abcdefghi",
      addresses: Array.from({ length: 40 }, (_, i) => `10.1.${i >> 4}.${((i * 37) % 251) + 1}`),
      counter: 0xffffffffn,
      source: "10.1.0.250",
    },
    header: "21c8fe070002a1cc00000000ffffffff41782509b0112c38f115cd351aa931c51bd2d509",
  },
  D: {
    sent: { vhid: 42, advbase: 1, advskew: 0, key: "", addresses: ["203.0.113.9"], counter: 0n },
    header: "212a00070001bc960000000000000000de3e5bec99e07975e7d995eee8cfec13387b498e",
  },
  E: {
    sent: {
      vhid: 42,
      advbase: 1,
      advskew: 100,
      key: "love",
      addresses: ["10.1.1.252"],
      counter: 0x1122334455667788n,
      source: "10.1.1.1",
      identity: 0xbeef,
      trafficClass: 0x10,
    },
    header: "212a64070001979711223344556677885f637efbaac36f618aae429a4225fb5a7ad353c0",
  },
};

let driver: Driver;
beforeEach(() => {
  driver = new Driver(undefined, 77);
});

function verdict(host: VirtualHost, fields: Partial<Advertisement>): abi.Verdict {
  driver.add(host);
  return driver.receive(advertisementFrame({ ...peer, ...fields }))[0];
}

describe("authentication (protocol §2)", () => {
  test.each(Object.entries(worked))(
    "worked example %s is authentic, and no counter but its own",
    (_name, example) => {
      const { sent, header } = example;
      const { vhid, addresses } = sent;
      driver.add({ vhid, addresses, key: sent.key as string });
      const frame = advertisementFrame(sent);
      frame.set(Buffer.from(header, "hex"), frame.length - 36);
      expect(driver.receive(frame)).toEqual([Ok]);
      const others = [sent.counter ^ 1n, sent.counter ^ (1n << 63n)];
      for (const counter of others) {
        const other = advertisementFrame({ ...sent, counter });
        other.set(frame.subarray(frame.length - 20), frame.length - 20);
        const [answer] = driver.receive(other);
        expect([BadAuth, abi.Verdict.BadChecksum]).toContain(answer);
      }
    },
  );

  test("every number of addresses, to the edges of SHA-1's blocks and beyond", () => {
    for (let count = 1; count <= abi.ADDRESS_CAPACITY; count++) {
      const addresses = Array.from({ length: count }, (_, index) => `10.${index}.3.${(index * 91) % 256}`);
      expect(verdict({ addresses }, { addresses }), `${count}`).toBe(Ok);
      const both = [
        ...addresses,
        ...addresses.map((_, index) => `2001:db8::${(index * 7 + 1).toString(16)}`),
      ];
      expect(verdict({ addresses: both }, { addresses: both }), `${count} and ${count}`).toBe(Ok);
    }
  });

  test("the order and repetition of addresses does not matter", () => {
    const addresses = [
      "200.0.0.1",
      "10.0.0.9",
      "10.0.0.10",
      "127.255.0.3",
      "128.0.0.1",
      "2001:db8::2",
      "2001:db8::1",
    ];
    const jumbled = [...addresses].reverse().concat(addresses.slice(0, 3));
    expect(verdict({ addresses: jumbled }, { addresses })).toBe(Ok);
    driver.takeEvents();
    driver.do(() => driver.core.setAddresses(0, 1, addresses.map(addressBytes)));
    expect(driver.takeEvents()).toEqual([]);
  });

  test("addresses of IPv6 that come several times count once, whatever stands between them", () => {
    const addresses = ["2001:db8::1", "2001:db8::2", "fd00::1"];
    for (const order of [
      [0, 1, 2, 0, 1, 2],
      [2, 2, 1, 1, 0, 0],
      [1, 0, 1, 2, 1, 0],
    ]) {
      driver.add({ addresses: order.map((at) => addresses[at]) });
      expect(driver.hear({ addresses })).toBe(Ok);
      const view = new DataView(driver.core.memory.buffer, abi.INSTANCES_OFFSET);
      expect(view.getUint16(abi.INSTANCE_COUNT6, true)).toBe(3);
    }
  });

  test.each(["fe80:1234::1", "febf:1234::1", "ff02:7::5", "ff11:9::5"])(
    "the scope of %s does not enter",
    (address) => {
      const [first, , ...rest] = address.split(":");
      const bare = [first, "", ...rest.filter(Boolean)].join(":");
      expect(verdict({ addresses: [address] }, { addresses: [bare] })).toBe(Ok);
      expect(verdict({ addresses: [bare] }, { addresses: [address] })).toBe(Ok);
    },
  );

  test.each(["fec0:1234::1", "fe40:1234::1", "ff05:7::5", "ff03:7::5", "2001:db8::1"])(
    "bytes 2 and 3 of %s do",
    (address) => {
      const [first, , ...rest] = address.split(":");
      const bare = [first, "", ...rest.filter(Boolean)].join(":");
      expect(verdict({ addresses: [address] }, { addresses: [address] })).toBe(Ok);
      expect(verdict({ addresses: [bare] }, { addresses: [address] })).toBe(BadAuth);
    },
  );

  test("zeros at the end of a key do not matter, at its beginning they do", () => {
    expect(verdict({ key: "abc\0\0" }, { key: "abc" })).toBe(Ok);
    expect(verdict({ key: "abc" }, { key: "abc\0\0\0" })).toBe(Ok);
    expect(verdict({ key: "\0abc" }, { key: "abc" })).toBe(BadAuth);
  });

  test("a new key counts from the next frame on", () => {
    expect(verdict({ key: "first" }, { key: "first" })).toBe(Ok);
    driver.core.setVirtualHost(0, 1, { key: new Uint8Array(Buffer.from("second")) });
    expect(driver.hear({ key: "first" })).toBe(BadAuth);
    expect(driver.hear({ key: "second" })).toBe(Ok);
    driver.core.setVirtualHost(0, 1, { advskew: 3 });
    expect(driver.hear({ key: "second" })).toBe(Ok);
  });
});

describe("a set of addresses", () => {
  const restart = ["Backup>Init HardwareInterfaceUp", "Init>Backup InitializationComplete"];
  const set4 = (count: number) => Array.from({ length: count }, (_, at) => `10.0.${at}.7`);
  const set6 = (count: number) =>
    Array.from({ length: count }, (_, at) => `2001:db8:0:${at.toString(16)}::7`);

  /** The set with its address at `at` changed in its byte `byte`. */
  function changed(set: readonly string[], at: number, byte: number): Uint8Array[] {
    const all = set.map(addressBytes);
    all[at][byte] ^= 0x80;
    return all;
  }

  test.each([
    ["one of IPv4", set4(1)],
    ["three of IPv4", set4(3)],
    ["64 of IPv4", set4(64)],
    ["one of IPv6", set6(1)],
    ["three of IPv6", set6(3)],
    ["64 of IPv6", set6(64)],
    ["two of each", [...set4(2), ...set6(2)]],
  ])("%s is another where any byte of its first or last one differs", (_name, set) => {
    driver.addIn(abi.State.Backup, { addresses: set });
    for (const at of new Set([0, set.length - 1])) {
      for (let byte = 0; byte < addressBytes(set[at]).length; byte++) {
        driver.do(() => driver.core.setAddresses(0, 1, changed(set, at, byte)));
        expect(inWords(driver.takeEvents()), `${at} ${byte}`).toEqual(restart);
        driver.do(() => driver.core.setAddresses(0, 1, set.map(addressBytes)));
        expect(inWords(driver.takeEvents()), `${at} ${byte}`).toEqual(restart);
      }
    }
  });

  test.each([
    ["IPv4", set4],
    ["IPv6", set6],
  ])("one more or one less at its end is another, %s", (_name, make) => {
    driver.addIn(abi.State.Backup, { addresses: make(2) });
    for (const count of [3, 2, 1, 2]) {
      driver.do(() => driver.core.setAddresses(0, 1, make(count).map(addressBytes)));
      expect(inWords(driver.takeEvents())).toEqual(restart);
    }
  });

  test("a full one takes no place of others: own counters are known, and neighbours are as they were", () => {
    driver.setLink(linkedFlags, 1);
    for (const [interfaceIndex, vhid] of [
      [0, 1],
      [1, 2],
      [0, 3],
    ]) {
      driver.add({ interfaceIndex, vhid });
    }
    const neighbours = () => [0, 2].map((index) => Buffer.from(recordOf(index)));
    const [frame] = driver.firstFrames({ interfaceIndex: 1, vhid: 2 });
    const counter = new DataView(frame.bytes.buffer, frame.bytes.byteOffset).getBigUint64(42);
    driver.setLink(0, 1);
    const before = neighbours();
    const addresses = [...set4(64), ...set6(64)];
    driver.do(() => driver.core.setAddresses(1, 2, addresses.map(addressBytes)));
    expect(neighbours()).toEqual(before);
    const back = advertisementFrame({ ...peer, vhid: 2, addresses, counter });
    expect(driver.receiveOn(1, back)).toEqual([abi.Verdict.Reflected]);
  });
});

describe("verification", () => {
  const few = ["192.168.1.50"];
  const many = Array.from({ length: 12 }, (_, at) => `10.0.0.${at}`);

  /** Verifies so many frames of virtual hosts with these addresses, in turn; each is authentic. */
  function verify(count: number, sets: readonly (readonly string[])[]): void {
    const slots = driver.core.receiveSlots(0);
    for (let slot = 0; slot < count; slot++) {
      const at = slot % sets.length;
      const fields = { ...peer, vhid: 1 + at, addresses: sets[at], counter: BigInt(slot) };
      const frame = advertisementFrame(fields);
      slots.write(slot, frame, frame.length, 2);
    }
    driver.core.verifyFrames(count);
    const verdicts = Array.from({ length: count }, (_, slot) => slots.verdict(slot));
    expect(verdicts).toEqual(Array(count).fill(Ok));
  }

  test.each([1, 2, 7, 8, 9, 130])("of %i frames writes verdicts, and nothing else that lasts", (count) => {
    driver.addIn(abi.State.Master, { vhid: 1, addresses: few });
    driver.addIn(abi.State.Master, { vhid: 2, addresses: many });
    // The outbox lies before the scratch memory.
    const ring = driver.core.memory.subarray(abi.OUTBOX_OFFSET, abi.SCRATCH_OFFSET);
    ring.fill(0xaa);
    /** All up to the first records, without scratch memory, lanes and receive slots. */
    const lasting = () => {
      const memory = driver.core.memory.slice(0, abi.INSTANCES_OFFSET + 3 * abi.INSTANCE_SIZE);
      return memory.fill(0, abi.SCRATCH_OFFSET, abi.TRANSMIT_OFFSET);
    };
    const before = lasting();
    verify(count, [few, many]);
    expect(Buffer.compare(lasting(), before)).toBe(0);
  });

  test("of few addresses takes the lanes, of many does not", () => {
    driver.add({ vhid: 1, addresses: few });
    driver.add({ vhid: 2, addresses: many });
    const lanes = () => Buffer.from(driver.core.memory.slice(abi.LANES_OFFSET, abi.WAITING_OFFSET));
    const empty = lanes();
    driver.receive(advertisementFrame({ ...peer, vhid: 2, addresses: many }));
    expect(lanes().equals(empty)).toBe(true);
    driver.receive(advertisementFrame({ ...peer, vhid: 1, addresses: few }));
    expect(lanes().equals(empty)).toBe(false);
  });
});

function recordOf(index: number): Uint8Array {
  const at = abi.INSTANCES_OFFSET + index * abi.INSTANCE_SIZE;
  return driver.core.memory.slice(at, at + abi.INSTANCE_SIZE);
}
