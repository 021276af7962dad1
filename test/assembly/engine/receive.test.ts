import { beforeEach, describe, expect, test } from "vitest";
import * as abi from "../../../assembly/abi.ts";
import type { Statistics } from "../../../host/core/records.ts";
import { CoreTrap } from "../../../host/core/trap.ts";
import { Driver, linkedFlags, peer } from "../../support/driver.ts";
import { type Advertisement, addressBytes, advertisementFrame, resealed } from "../../support/frames.ts";

const { Verdict } = abi;
type StatisticName = keyof Statistics;

const peer6: Advertisement = {
  ...peer,
  vhid: 6,
  addresses: ["2001:db8::1", "fe80::1"],
  source: "fe80::99",
};
const good4 = advertisementFrame(peer);
const good6 = advertisementFrame(peer6);
const ip = 14;
const carp4 = 34;
const carp6 = 54;

let driver: Driver;
beforeEach(() => {
  driver = new Driver();
  driver.add();
  driver.add({ vhid: 6, addresses: peer6.addresses });
  driver.takeEvents();
});

/** The frame with some bytes replaced. */
function patched(frame: Uint8Array, at: number, ...bytes: readonly number[]): Uint8Array {
  const result = Uint8Array.from(frame);
  result.set(bytes, at);
  return result;
}

/** The same, with the checksums right again. */
function mended(frame: Uint8Array, at: number, ...bytes: readonly number[]): Uint8Array {
  return resealed(patched(frame, at, ...bytes));
}

/** A payload of another length, with the IP header telling so. */
function shortened(frame: Uint8Array, length: number): Uint8Array {
  const is4 = frame[12] === 0x08;
  const cut = frame.slice(0, (is4 ? carp4 : carp6) + length);
  return is4 ? mended(cut, 16, 0, 20 + length) : mended(cut, 18, 0, length);
}

/** Everything that a received frame may change, but for slots, scratch memory, statistics and who was not authentic. */
function remembered(): Buffer {
  const { memory } = driver.core;
  const instances = memory.slice(abi.INSTANCES_OFFSET, abi.INSTANCES_OFFSET + 4 * abi.INSTANCE_SIZE);
  for (let index = 0; index < 4; index++) {
    const at = index * abi.INSTANCE_SIZE + abi.INSTANCE_STATISTICS;
    instances.fill(0, at, at + abi.STATISTICS_SIZE);
    const conflict = index * abi.INSTANCE_SIZE + abi.INSTANCE_CONFLICT;
    instances.fill(0, conflict, conflict + 24);
    const notices = index * abi.INSTANCE_SIZE + abi.INSTANCE_NOTICES;
    instances.fill(0, notices, notices + 48);
  }
  const before = memory.slice(abi.SETTINGS_OFFSET, abi.SCRATCH_OFFSET);
  before.fill(0, abi.SETTINGS_SIZE, abi.SETTINGS_SIZE + abi.STATISTICS_SIZE);
  return Buffer.concat([before, instances]);
}

function grown(before: Statistics, after: Statistics): Partial<Statistics> {
  const names = Object.keys(after) as StatisticName[];
  const changed = names.filter((name) => after[name] !== before[name]);
  return Object.fromEntries(changed.map((name) => [name, after[name] - before[name]]));
}

/** Hands in one frame and expects its verdict, its counters and that nothing else has changed. */
function expectDrop(
  frame: Uint8Array,
  verdict: abi.Verdict,
  statistics: Partial<Statistics>,
  { vhid = 0, packetType = 2 } = {},
): void {
  const own = () => (vhid === 0 ? driver.core.statistics() : driver.instance(vhid).statistics);
  const [memory, host, instance] = [remembered(), driver.core.statistics(), own()];
  driver.core.receiveSlots(0).write(0, frame, frame.length, packetType);
  driver.do(() => driver.core.handleFrames(driver.now, 1));
  expect(abi.Verdict[driver.core.receiveSlots(0).verdict(0)]).toBe(abi.Verdict[verdict]);
  expect(grown(host, driver.core.statistics())).toEqual(statistics);
  if (vhid !== 0) expect(grown(instance, own())).toEqual(statistics);
  expect(remembered().equals(memory)).toBe(true);
  expect(driver.takeEvents().filter(({ kind }) => kind !== "notice")).toEqual([]);
}

describe("what is CARP", () => {
  test.each([
    ["IPv4", good4, 1],
    ["IPv6", good6, 6],
  ])("a valid %s advertisement is heard", (_name, frame, vhid) => {
    const statistic = vhid === 1 ? "ipackets" : "ipackets6";
    expect(driver.receive(frame)).toEqual([Verdict.Ok]);
    expect(driver.instance(vhid).statistics[statistic]).toBe(1);
    expect(driver.instance(vhid).peer).toMatchObject({ family: vhid === 1 ? 4 : 6, advbase: 1, advskew: 0 });
    expect(driver.instance(vhid).heardAtNs).toBe(driver.now);
  });

  test.each([
    ["another host's", 3],
    ["our own on its way out", 4],
    ["of a packet type that nobody knows", 200],
  ])("a frame that is %s is not for us", (_name, packetType) => {
    expectDrop(good4, Verdict.NotForUs, {}, { packetType });
  });

  test.each([0, 1, 2])("packet type %i is for us", (packetType) => {
    driver.core.receiveSlots(0).write(0, good4, good4.length, packetType);
    driver.core.handleFrames(driver.now, 1);
    expect(driver.core.receiveSlots(0).verdict(0)).toBe(Verdict.Ok);
  });

  test.each<[string, Uint8Array]>([
    ["no byte", new Uint8Array()],
    ["an Ethernet header that lacks a byte", good4.slice(0, 13)],
    ["an Ethernet header alone", good4.slice(0, 14)],
    ["another EtherType", patched(good4, 12, 0x08, 0x06)],
    ["an 802.1Q tag", patched(good4, 12, 0x81, 0x00)],
    ["IPv4 behind the EtherType of IPv6", patched(good4, 12, 0x86, 0xdd)],
    ["IPv6 behind the EtherType of IPv4", patched(good6, 12, 0x08, 0x00)],
    ["an IPv4 header that lacks a byte", good4.slice(0, ip + 19)],
    ["an IPv6 header that lacks a byte", good6.slice(0, ip + 39)],
    ["IP version 5", mended(good4, ip, 0x55)],
    ["IP version 7", patched(good6, ip, 0x7e)],
    ["an IHL of 4", patched(good4, ip, 0x44)],
    ["an IHL of 0", patched(good4, ip, 0x40)],
    ["an IHL beyond the frame", patched(good4.slice(0, 70), ip, 0x4f)],
    ["protocol 111", mended(good4, ip + 9, 111)],
    ["next header 0", patched(good6, ip + 6, 0)],
    ["next header 44, a fragment", patched(good6, ip + 6, 44)],
    ["a total length below the header's", mended(good4, ip + 2, 0, 19)],
  ])("%s is not CARP", (_name, frame) => {
    // An IHL of 15 needs 60 bytes after the Ethernet header; this frame has 56.
    expectDrop(frame, Verdict.NotCarp, {});
  });

  test("every wrong bit of the IPv4 header's checksum is seen", () => {
    for (let bit = 0; bit < 16; bit++) {
      const at = ip + 10 + (bit >> 3);
      expectDrop(patched(good4, at, good4[at] ^ (1 << (bit & 7))), Verdict.BadIpChecksum, {});
    }
  });

  test.each([
    ["more fragments", 0x20, 0],
    ["more fragments and don't fragment", 0x60, 0],
    ["offset 1", 0, 1],
    ["offset 0x1000", 0x10, 0],
    ["offset 0x1fff", 0x1f, 0xff],
  ])("%s is a fragment", (_name, high, low) => {
    expectDrop(mended(good4, ip + 6, high, low), Verdict.Fragment, {});
  });

  test.each([
    ["don't fragment", 0x40],
    ["nothing", 0],
    ["the reserved bit", 0x80],
  ])("a frame with %s set is none", (_name, flags) => {
    expect(driver.receive(mended(good4, ip + 6, flags, 0))).toEqual([Verdict.Ok]);
  });
});

describe("the checks of protocol §3.1", () => {
  test("an interface that nobody has set up", () => {
    driver.core.receiveSlots(5).write(0, good4, good4.length, 2);
    driver.core.handleFrames(driver.now, 1);
    expect(driver.core.receiveSlots(5).verdict(0)).toBe(Verdict.BadInterface);
    expect(driver.core.statistics()).toMatchObject({ ipackets: 1, badif: 1 });
  });

  test.each([0, 1, 7])("a payload of %i bytes is short", (length) => {
    expectDrop(shortened(good4, length), Verdict.BadLength, { ipackets: 1, badlen: 1 });
    expectDrop(shortened(good6, length), Verdict.BadLength, { ipackets6: 1, badlen: 1 });
  });

  test("a payload of 8 to 35 bytes is short", () => {
    for (let length = 8; length < 36; length++) {
      expectDrop(shortened(good4, length), Verdict.BadLength, { ipackets: 1, badlen: 1 }, { vhid: 1 });
      expectDrop(shortened(good6, length), Verdict.BadLength, { ipackets6: 1, badlen: 1 }, { vhid: 6 });
    }
  });

  test("a frame of which less was captured than its IP header tells is short, at every length", () => {
    for (let length = carp4; length < good4.length; length++) {
      expectDrop(good4.slice(0, length), Verdict.BadLength, { ipackets: 1, badlen: 1 });
    }
    for (let length = carp6; length < good6.length; length++) {
      expectDrop(good6.slice(0, length), Verdict.BadLength, { ipackets6: 1, badlen: 1 });
    }
  });

  test.each([0, 1, 4, 5, 15])("version %i is none of ours", (version) => {
    const badver = { badver: 1 };
    expectDrop(
      mended(good4, carp4, (version << 4) | 1),
      Verdict.BadVersion,
      { ipackets: 1, ...badver },
      { vhid: 1 },
    );
    expectDrop(
      mended(good6, carp6, (version << 4) | 1),
      Verdict.BadVersion,
      { ipackets6: 1, ...badver },
      { vhid: 6 },
    );
  });

  test("version 3, VRRP, is the wrong version for a VHID that we have, whatever its checksum", () => {
    const counted = { ipackets: 1, badver: 1, vrrp: 1 };
    expectDrop(mended(good4, carp4, 0x31), Verdict.BadVersion, counted, { vhid: 1 });
    expectDrop(patched(good4, carp4, 0x31), Verdict.BadVersion, counted, { vhid: 1 });
    expectDrop(shortened(patched(good4, carp4, 0x31), 12), Verdict.BadVersion, counted, { vhid: 1 });
    expectDrop(patched(good4, carp4, 0x31, 77), Verdict.BadVhid, { ipackets: 1, badvhid: 1 });
  });

  test("a damaged byte anywhere breaks the checksum", () => {
    for (let at = 1; at < 36; at++) {
      if (at === 1) continue; // the VHID: below
      expectDrop(
        patched(good4, carp4 + at, good4[carp4 + at] ^ 0x10),
        Verdict.BadChecksum,
        { ipackets: 1, badsum: 1 },
        { vhid: 1 },
      );
      expectDrop(
        patched(good6, carp6 + at, good6[carp6 + at] ^ 0x10),
        Verdict.BadChecksum,
        { ipackets6: 1, badsum: 1 },
        { vhid: 6 },
      );
    }
  });

  test("the checksum covers a trailer over IPv4 and not over IPv6 (protocol §1.4)", () => {
    const trailer = Uint8Array.of(1, 2, 3);
    const long4 = advertisementFrame({ ...peer, trailer });
    const long6 = advertisementFrame({ ...peer6, trailer });
    expect(driver.receive(long4, long6)).toEqual([Verdict.Ok, Verdict.Ok]);
    expectDrop(
      patched(long4, long4.length - 1, 9),
      Verdict.BadChecksum,
      { ipackets: 1, badsum: 1 },
      { vhid: 1 },
    );
    expect(driver.receive(patched(long6, long6.length - 1, 9))).toEqual([Verdict.Ok]);
  });

  test("Ethernet padding is not looked at", () => {
    const padded = new Uint8Array(120).fill(0xaa);
    padded.set(good4);
    expect(driver.receive(padded)).toEqual([Verdict.Ok]);
  });

  test("a VHID that this interface does not have", () => {
    expectDrop(mended(good4, carp4 + 1, 2), Verdict.BadVhid, { ipackets: 1, badvhid: 1 });
    expectDrop(mended(good6, carp6 + 1, 255), Verdict.BadVhid, { ipackets6: 1, badvhid: 1 });
  });

  test("a VHID that only another interface has", () => {
    driver.setLink(linkedFlags, 1);
    driver.add({ interfaceIndex: 1, vhid: 9 });
    driver.takeEvents();
    const frame = advertisementFrame({ ...peer, vhid: 9 });
    expectDrop(frame, Verdict.BadVhid, { ipackets: 1, badvhid: 1 });
    expect(driver.receiveOn(1, frame)).toEqual([Verdict.Ok]);
  });

  test("VHID 0 is a loop when it comes from one of our virtual addresses", () => {
    const loop4 = advertisementFrame({ ...peer, vhid: 0, source: "192.168.1.50" });
    const loop6 = advertisementFrame({ ...peer6, vhid: 0, source: "2001:db8::1" });
    expectDrop(loop4, Verdict.Loop, { ipackets: 1, badif: 1 });
    expectDrop(loop6, Verdict.Loop, { ipackets6: 1, badif: 1 });
    const unknown = advertisementFrame({ ...peer, vhid: 77, source: "192.168.1.50" });
    expectDrop(unknown, Verdict.BadVhid, { ipackets: 1, badvhid: 1 });
    const other4 = advertisementFrame({ ...peer, vhid: 0 });
    expectDrop(other4, Verdict.BadVhid, { ipackets: 1, badvhid: 1 });
    const other6 = advertisementFrame({ ...peer6, vhid: 0 });
    expectDrop(other6, Verdict.BadVhid, { ipackets6: 1, badvhid: 1 });
  });

  test("a VHID without an address of the transport's family", () => {
    const over6 = advertisementFrame({ ...peer, family: 6, source: "fe80::3" });
    expectDrop(over6, Verdict.BadVhid, { ipackets6: 1, badvhid: 1 }, { vhid: 1 });
    const over4 = advertisementFrame({ ...peer6, family: 4, source: "10.0.0.1" });
    expectDrop(over4, Verdict.BadVhid, { ipackets: 1, badvhid: 1 }, { vhid: 6 });
  });

  test("every TTL and hop limit but 255", () => {
    for (let hops = 0; hops < 255; hops++) {
      expectDrop(mended(good4, ip + 8, hops), Verdict.BadTtl, { ipackets: 1, badttl: 1 }, { vhid: 1 });
      expectDrop(patched(good6, ip + 7, hops), Verdict.BadTtl, { ipackets6: 1, badttl: 1 }, { vhid: 6 });
    }
  });

  test("unicast towards a peer makes any TTL good, in that family alone", () => {
    driver.core.setVirtualHost(0, 1, { flags: abi.InstanceFlag.Unicast6 });
    expect(driver.receive(mended(good4, ip + 8, 64))).toEqual([Verdict.BadTtl]);
    driver.core.setVirtualHost(0, 1, { flags: abi.InstanceFlag.Unicast4 });
    expect(driver.receive(mended(good4, ip + 8, 64))).toEqual([Verdict.Ok]);
    driver.core.setVirtualHost(0, 6, { flags: abi.InstanceFlag.Unicast6 });
    expect(driver.receive(patched(good6, ip + 7, 64))).toEqual([Verdict.Ok]);
  });

  test("each single bit of counter and digest is authenticated", () => {
    for (let bit = 0; bit < 28 * 8; bit++) {
      const at = 8 + (bit >> 3);
      const flip = 1 << (bit & 7);
      const damaged4 = mended(good4, carp4 + at, good4[carp4 + at] ^ flip);
      const conflict = bit === 2 ? { conflicts: 1 } : {};
      expectDrop(damaged4, Verdict.BadAuth, { ipackets: 1, badauth: 1, ...conflict }, { vhid: 1 });
      const damaged6 = mended(good6, carp6 + at, good6[carp6 + at] ^ flip);
      expectDrop(damaged6, Verdict.BadAuth, { ipackets6: 1, badauth: 1, ...conflict }, { vhid: 6 });
    }
  });

  test.each<[string, Partial<Advertisement>]>([
    ["another pass phrase", { key: "testpast" }],
    ["no pass phrase", { key: "" }],
    ["another address", { addresses: ["192.168.1.51"] }],
    ["one address more", { addresses: ["192.168.1.50", "192.168.1.51"] }],
    ["an IPv6 address more", { addresses: ["192.168.1.50", "2001:db8::1"], family: 4 }],
  ])("%s does not authenticate", (_name, fields) => {
    expectDrop(
      advertisementFrame({ ...peer, ...fields }),
      Verdict.BadAuth,
      { ipackets: 1, badauth: 1 },
      { vhid: 1 },
    );
  });

  test("what the digest does not cover may be anything (protocol §1.4)", () => {
    const altered = [
      mended(good4, carp4, 0x2f),
      mended(good4, carp4 + 2, 255),
      mended(good4, carp4 + 3, 0),
      mended(good4, carp4 + 4, 200),
      mended(good4, carp4 + 5, 0),
    ];
    expect(driver.receive(...altered)).toEqual(altered.map(() => Verdict.Ok));
  });

  test("the IPv4 options of every length are skipped", () => {
    for (let words = 1; words <= 10; words++) {
      const options = new Uint8Array(words * 4).fill(1);
      expect(driver.receive(advertisementFrame({ ...peer, options }))).toEqual([Verdict.Ok]);
    }
  });

  test("the first check that fails decides", () => {
    const everything = patched(good4, carp4, 0x41, 77);
    expect(driver.receive(everything)).toEqual([Verdict.BadVersion]);
    expect(driver.receive(patched(good4, carp4 + 1, 77))).toEqual([Verdict.BadChecksum]);
    expect(driver.receive(mended(mended(good4, carp4 + 1, 77), ip + 8, 1))).toEqual([Verdict.BadVhid]);
    expect(driver.receive(mended(mended(good4, carp4 + 20, 77), ip + 8, 1))).toEqual([Verdict.BadTtl]);
    expect(driver.receive(patched(mended(good4, ip + 6, 0x20), ip + 10, 0, 0))).toEqual([
      Verdict.BadIpChecksum,
    ]);
  });
});

describe("net.inet.carp.allow = 0", () => {
  test.each<[string, Uint8Array, Partial<Statistics>]>([
    ["a valid frame", good4, { ipackets: 1 }],
    ["a valid IPv6 frame", good6, { ipackets6: 1 }],
    ["a short one", shortened(good4, 7), { ipackets: 1 }],
    ["one of another version", mended(good4, carp4, 0x11), { ipackets: 1 }],
    ["one of an unknown VHID", mended(good4, carp4 + 1, 77), { ipackets: 1 }],
  ])("%s is counted as having come, and nothing else (protocol §3.1)", (_name, frame, statistics) => {
    driver.core.setOption(abi.Option.Allow, 0);
    driver.do(() => 0);
    driver.takeEvents();
    expectDrop(frame, Verdict.NotAllowed, statistics);
  });
});

describe("reflections", () => {
  test("a frame that this virtual host has sent itself is dropped after it has authenticated", () => {
    driver.do(() => driver.core.setState(0, 1, abi.State.Master));
    const [sent] = driver.takeFrames();
    expect(sent.kind).toBe(abi.FrameKind.Advertisement4);
    driver.takeEvents();
    expectDrop(sent.bytes, Verdict.Reflected, { ipackets: 1, reflected: 1 }, { vhid: 1 });
    const forged = mended(sent.bytes, carp4 + 35, sent.bytes[carp4 + 35] ^ 1);
    expectDrop(forged, Verdict.BadAuth, { ipackets: 1, badauth: 1 }, { vhid: 1 });
    expect(driver.instance().state).toBe(abi.State.Master);
  });

  test("verifyFrames alone does not look for them, and counts nothing", () => {
    driver.do(() => driver.core.setState(0, 1, abi.State.Master));
    const [sent] = driver.takeFrames();
    const before = remembered();
    const statistics = driver.core.statistics();
    driver.core.receiveSlots(0).write(0, sent.bytes, sent.bytes.length, 2);
    driver.core.receiveSlots(0).write(1, patched(good4, carp4 + 20, 0), good4.length, 2);
    driver.core.verifyFrames(2);
    expect(driver.core.receiveSlots(0).verdict(0)).toBe(Verdict.Ok);
    expect(driver.core.receiveSlots(0).verdict(1)).toBe(Verdict.BadChecksum);
    expect(remembered().equals(before)).toBe(true);
    expect(driver.core.statistics()).toEqual(statistics);
  });
});

describe("batches", () => {
  const mixed: [Uint8Array, abi.Verdict][] = [
    [good4, Verdict.Ok],
    [good6, Verdict.Ok],
    [mended(good4, carp4 + 20, 1), Verdict.BadAuth],
    [mended(good4, carp4 + 1, 77), Verdict.BadVhid],
    [patched(good4, 12, 0x08, 0x06), Verdict.NotCarp],
    [mended(good6, carp6 + 20, 1), Verdict.BadAuth],
    [mended(good4, ip + 8, 1), Verdict.BadTtl],
    [patched(good6, carp6 + 9, 1), Verdict.BadChecksum],
    [shortened(good4, 20), Verdict.BadLength],
    [mended(good4, ip + 6, 0x20), Verdict.Fragment],
    [mended(good4, carp4, 0x41), Verdict.BadVersion],
  ];

  test("every frame has its own verdict in a batch of any length, and the counters add up", () => {
    for (let length = 0; length <= 130; length++) {
      const before = driver.core.statistics();
      const chosen = Array.from({ length }, (_, index) => mixed[(index * 7 + length) % mixed.length]);
      expect(driver.receive(...chosen.map(([frame]) => frame))).toEqual(chosen.map(([, verdict]) => verdict));
      const counted = grown(before, driver.core.statistics());
      const uncounted = chosen.filter(
        ([, verdict]) => verdict === Verdict.NotCarp || verdict === Verdict.Fragment,
      );
      const sum = (...names: StatisticName[]) => names.reduce((all, name) => all + (counted[name] ?? 0), 0);
      expect(sum("ipackets", "ipackets6") + uncounted.length).toBe(length);
      const good = chosen.filter(([, verdict]) => verdict === Verdict.Ok);
      const bad = sum("badif", "badttl", "badsum", "badver", "badlen", "badauth", "badvhid", "reflected");
      expect(bad + good.length + uncounted.length).toBe(length);
    }
  });

  test("the largest batch is taken whole, a larger one traps", () => {
    const frames = Array.from({ length: abi.RECEIVE_CAPACITY }, () => good4);
    expect(driver.receive(...frames).every((verdict) => verdict === Verdict.Ok)).toBe(true);
    expect(() => driver.core.handleFrames(driver.now, abi.RECEIVE_CAPACITY + 1)).toThrow(CoreTrap);
  });

  test("frames of one virtual host act in order of arrival", () => {
    const slower = advertisementFrame({ ...peer, advskew: 200, counter: 1n });
    const faster = advertisementFrame({ ...peer, advskew: 0, counter: 2n });
    driver.core.setVirtualHost(0, 1, { advskew: 100 });
    driver.core.setOption(abi.Option.Preempt, 1);
    driver.appliesAtOnce = false;
    driver.receive(slower, faster);
    expect(driver.takeEvents().map(({ kind }) => kind)).toEqual(["apply", "withdraw"]);
    expect(driver.instance()).toMatchObject({ promoting: false, peer: { advskew: 0 } });
    driver.receive(faster, slower);
    expect(driver.takeEvents().map(({ kind }) => kind)).toEqual(["apply"]);
    expect(driver.instance()).toMatchObject({ promoting: true, peer: { advskew: 200 } });
  });

  test("virtual hosts and interfaces do not disturb each other in a batch", () => {
    const slots = [0, 1, 2].map((index) => {
      driver.setLink(linkedFlags, index);
      return driver.core.receiveSlots(index);
    });
    for (const interfaceIndex of [0, 1, 2]) {
      for (let vhid = 10; vhid < 20; vhid++) {
        driver.add({ interfaceIndex, vhid, key: `key ${interfaceIndex} ${vhid}` });
      }
    }
    let count = 0;
    for (let vhid = 10; vhid < 20; vhid++) {
      for (const interfaceIndex of [0, 1, 2]) {
        const key = `key ${interfaceIndex} ${vhid}`;
        const frame = advertisementFrame({ ...peer, vhid, key, advskew: vhid + interfaceIndex });
        slots[interfaceIndex].write(count++, frame, frame.length, 2);
        slots[(interfaceIndex + 1) % 3].write(count++, frame, frame.length, 2);
      }
    }
    driver.core.handleFrames(driver.now, count);
    for (let slot = 0; slot < count; slot++) {
      expect(slots[0].verdict(slot)).toBe(slot % 2 === 0 ? Verdict.Ok : Verdict.BadAuth);
    }
    for (const interfaceIndex of [0, 1, 2]) {
      for (let vhid = 10; vhid < 20; vhid++) {
        const { peer: heard, statistics } = driver.instance(vhid, interfaceIndex);
        expect(heard?.advskew).toBe(vhid + interfaceIndex);
        expect(statistics).toMatchObject({ ipackets: 2, badauth: 1 });
      }
    }
  });
});

test("the peer's address is kept as it was sent", () => {
  driver.receive(good4, good6);
  expect(driver.instance(1).peer?.source).toEqual(addressBytes("192.168.1.3"));
  expect(driver.instance(6).peer?.source).toEqual(addressBytes("fe80::99"));
});
