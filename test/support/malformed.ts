import { Verdict } from "../../assembly/abi.ts";
import type { Statistics } from "../../host/core/records.ts";
import { type Advertisement, advertisementFrame, internetChecksum, resealed, tagged } from "./frames.ts";

/** A frame that is a valid advertisement but for one thing. */
export interface MalformedFrame {
  /** What is wrong with it. */
  readonly name: string;
  readonly frame: Uint8Array;
  readonly verdict: Verdict;
  /** What counts it besides the packet itself, if anything does. */
  readonly counter?: keyof Statistics;
}

/** The virtual host that they are sent to; it has addresses of both families. */
export const target = {
  vhid: 1,
  key: "testpass",
  addresses: ["192.168.1.50", "2001:db8::50"],
};

/** What they would be if nothing were wrong: advertisements that rank below every other. */
export const sound: Advertisement = {
  ...target,
  advbase: 1,
  advskew: 254,
  counter: 0x0123456789abcdefn,
  source: "192.168.1.7",
};
export const sound6: Advertisement = { ...sound, family: 6, source: "fe80::7" };

const ip = 14;
const carp4 = 34;
const carp6 = 54;

/** All of them, in an order that stays: what stands in one group differs from what is sound in the same place. */
export function malformedFrames(): MalformedFrame[] {
  return [
    ...ethernet(),
    ...ipv4Headers(),
    ...ipv4Lengths(),
    ...ipv4Options(),
    ...sources(),
    ...ipv6Headers(),
    ...truncated(),
    ...short(),
    ...carpVersions(),
    ...damaged(),
    ...foreign(),
    ...oddities(),
  ];
}

function ethernet(): MalformedFrame[] {
  const types = [0x0000, 0x0038, 0x0600, 0x0806, 0x8100, 0x86dd, 0x88a8, 0x88cc, 0x9000, 0xffff];
  return [
    ...[0, 1, 12, 13].map((length) =>
      bad(`the first ${length} bytes of the Ethernet header`, frame4().slice(0, length), Verdict.NotCarp),
    ),
    bad("nothing after the Ethernet header", frame4().slice(0, 14), Verdict.NotCarp),
    ...types.map((type) =>
      bad(`EtherType ${hex(type, 4)} before IPv4`, put(frame4(), 12, type >> 8, type), Verdict.NotCarp),
    ),
    bad("EtherType 0x0800 before IPv6", put(frame6(), 12, 0x08, 0x00), Verdict.NotCarp),
    bad("an 802.1Q tag before IPv4", tagged(frame4(), 7), Verdict.NotCarp),
    bad("an 802.1Q tag before IPv6", tagged(frame6(), 7), Verdict.NotCarp),
    bad("two 802.1Q tags", tagged(tagged(frame4(), 7), 8), Verdict.NotCarp),
  ];
}

function ipv4Headers(): MalformedFrame[] {
  const versions = [0, 1, 2, 3, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15];
  const protocols = [0, 1, 2, 4, 6, 17, 41, 47, 50, 51, 89, 103, 111, 113, 132, 240, 255];
  const lives = [0, 1, 2, 4, 8, 16, 32, 63, 64, 65, 127, 128, 129, 191, 253, 254];
  const fragments: [string, number, number][] = [
    ["more fragments", 0x20, 0],
    ["more fragments beside don't fragment", 0x60, 0],
    ["fragment offset 1", 0, 1],
    ["fragment offset 2 beside don't fragment", 0x40, 2],
    ["fragment offset 0x1000", 0x10, 0],
    ["fragment offset 0x1fff", 0x1f, 0xff],
  ];
  return [
    ...versions.map((version) =>
      bad(`IP version ${version} behind 0x0800`, mended(frame4(), ip, (version << 4) | 5), Verdict.NotCarp),
    ),
    ...protocols.map((protocol) =>
      bad(`IPv4 protocol ${protocol}`, mended(frame4(), ip + 9, protocol), Verdict.NotCarp),
    ),
    ...lives.map((life) => bad(`TTL ${life}`, mended(frame4(), ip + 8, life), Verdict.BadTtl, "badttl")),
    ...fragments.map(([name, high, low]) => bad(name, mended(frame4(), ip + 6, high, low), Verdict.Fragment)),
    ...bits(16).map((bit) =>
      bad(`bit ${bit} of the IPv4 checksum`, flipped(frame4(), ip + 10, bit), Verdict.BadIpChecksum),
    ),
    bad("IPv4 checksum 0, as an offload leaves it", put(frame4(), ip + 10, 0, 0), Verdict.BadIpChecksum),
    ...[1, 4, 12, 19].map((at) =>
      bad(`byte ${at} of the IPv4 header damaged`, flipped(frame4(), ip + at, 0), Verdict.BadIpChecksum),
    ),
  ];
}

function ipv4Lengths(): MalformedFrame[] {
  return [
    ...[0, 1, 2, 3, 4].map((words) => bad(`IHL ${words}`, put(frame4(), ip, 0x40 | words), Verdict.NotCarp)),
    bad("IHL 15, beyond the frame", put(frame4(), ip, 0x4f), Verdict.NotCarp),
    bad("IHL 6 over the CARP header", sealed(put(frame4(), ip, 0x46)), Verdict.BadVersion, "badver"),
    bad("IHL 13, four bytes before the end", sealed(put(frame4(), ip, 0x4d)), Verdict.BadLength, "badlen"),
    bad("IHL 14, which leaves nothing", sealed(put(frame4(), ip, 0x4e)), Verdict.BadLength, "badlen"),
    ...[0, 1, 10, 19].map((length) =>
      bad(`IPv4 total length ${length}`, totalLength(length), Verdict.NotCarp),
    ),
    ...[20, 21, 27, 28, 40, 55, 57, 64, 100, 576, 1500, 9000, 0x7fff, 0xffff].map((length) =>
      bad(`IPv4 total length ${length}`, totalLength(length), Verdict.BadLength, "badlen"),
    ),
  ];
}

function ipv4Options(): MalformedFrame[] {
  const options: [string, readonly number[]][] = [
    ["no operation", [1, 1, 1, 1]],
    ["router alert", [148, 4, 0, 0]],
    ["record route", [7, 7, 4, 0, 0, 0, 0, 0]],
    ["loose source route", [131, 7, 4, 10, 0, 0, 9, 0]],
    ["forty bytes of them", new Array<number>(40).fill(1)],
  ];
  return options.flatMap(([name, bytes]) => {
    const frame = advertisementFrame({ ...sound, options: Uint8Array.from(bytes) });
    return [
      good(`IPv4 options: ${name}`, frame),
      bad(`IPv4 options: ${name}, checksum of 20 bytes`, sealedShort(frame), Verdict.BadIpChecksum),
    ];
  });
}

/** Where no advertisement comes from (W18). 0.0.0.0 is FreeBSD's where an interface has no address. */
function sources(): MalformedFrame[] {
  const none4 = ["127.0.0.1", "127.255.0.3", "224.0.0.18", "239.1.2.3", "255.255.255.255"];
  const none6 = ["::", "::1", "ff02::12", "ff05::1:3"];
  return [
    ...none4.map((source) =>
      bad(`source ${source}`, advertisementFrame({ ...sound, source }), Verdict.BadSource, "badaddrs"),
    ),
    ...none6.map((source) =>
      bad(`source ${source}`, advertisementFrame({ ...sound6, source }), Verdict.BadSource, "badaddrs"),
    ),
    good("source 0.0.0.0", advertisementFrame({ ...sound, source: "0.0.0.0" })),
  ];
}

function ipv6Headers(): MalformedFrame[] {
  const nextHeaders = [0, 6, 17, 43, 44, 50, 51, 58, 59, 60, 111, 113, 135, 255];
  const extensions: [string, number, readonly number[]][] = [
    ["a hop-by-hop header", 0, [112, 0, 1, 4, 0, 0, 0, 0]],
    ["a jumbo payload option", 0, [112, 0, 0xc2, 4, 0, 0, 0, 36]],
    ["a routing header", 43, [112, 0, 0, 0, 0, 0, 0, 0]],
    ["a fragment header of a whole packet", 44, [112, 0, 0, 0, 0, 0, 0, 1]],
    ["destination options", 60, [112, 0, 1, 4, 0, 0, 0, 0]],
    ["an authentication header", 51, [112, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1]],
    ["two headers", 0, [60, 0, 1, 4, 0, 0, 0, 0, 112, 0, 1, 4, 0, 0, 0, 0]],
  ];
  return [
    ...[0, 1, 4, 5, 7, 15].map((version) =>
      bad(`IP version ${version} behind 0x86dd`, put(frame6(), ip, version << 4), Verdict.NotCarp),
    ),
    ...nextHeaders.map((next) => bad(`next header ${next}`, put(frame6(), ip + 6, next), Verdict.NotCarp)),
    ...extensions.map(([name, next, bytes]) =>
      bad(`IPv6 with ${name}`, extended(next, bytes), Verdict.NotCarp),
    ),
    ...[0, 1, 64, 128, 254].map((hops) =>
      bad(`hop limit ${hops}`, put(frame6(), ip + 7, hops), Verdict.BadTtl, "badttl"),
    ),
    ...[0, 7, 8, 35, 37, 64, 1460, 0xffff].map((length) =>
      bad(
        `IPv6 payload length ${length}`,
        put(frame6(), ip + 4, length >> 8, length),
        Verdict.BadLength,
        "badlen",
      ),
    ),
  ];
}

/** Less was captured than the IP header tells (W13). */
function truncated(): MalformedFrame[] {
  const cut = (frame: Uint8Array, length: number, header: number): MalformedFrame => {
    const name = `cut after ${length} of ${frame.length} bytes`;
    const part = frame.slice(0, length);
    if (length < header) return bad(name, part, Verdict.NotCarp);
    return bad(name, part, Verdict.BadLength, "badlen");
  };
  const lengths = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => from + index);
  return [
    ...lengths(15, 70).map((length) => cut(frame4(), length, carp4)),
    ...lengths(15, 90)
      .filter((length) => length % 5 === 0 || length > 84)
      .map((length) => cut(frame6(), length, carp6)),
  ];
}

/** The payload is shorter than a header, and the IP header says so. */
function short(): MalformedFrame[] {
  const lengths = Array.from({ length: 36 }, (_, length) => length);
  return [
    ...lengths.map((length) => {
      const frame = put(frame4().slice(0, carp4 + length), ip + 2, 0, 20 + length);
      return bad(`an IPv4 payload of ${length} bytes`, resealed(frame), Verdict.BadLength, "badlen");
    }),
    ...lengths
      .filter((length) => length % 4 === 3 || length < 3)
      .map((length) => {
        const frame = put(frame6().slice(0, carp6 + length), ip + 4, 0, length);
        return bad(`an IPv6 payload of ${length} bytes`, resealed(frame), Verdict.BadLength, "badlen");
      }),
  ];
}

function carpVersions(): MalformedFrame[] {
  return [0, 1, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15].flatMap((version) => [
    bad(`CARP version ${version}`, mended(frame4(), carp4, (version << 4) | 1), Verdict.BadVersion, "badver"),
    bad(
      `CARP version ${version} over IPv6`,
      mended(frame6(), carp6, (version << 4) | 1),
      Verdict.BadVersion,
      "badver",
    ),
  ]);
}

function damaged(): MalformedFrame[] {
  const covered = Array.from({ length: 36 }, (_, at) => at).filter((at) => at !== 1);
  return [
    ...bits(16).map((bit) =>
      bad(
        `bit ${bit} of the CARP checksum`,
        flipped(frame4(), carp4 + 6, bit),
        Verdict.BadChecksum,
        "badsum",
      ),
    ),
    bad("CARP checksum 0", put(frame4(), carp4 + 6, 0, 0), Verdict.BadChecksum, "badsum"),
    bad("CARP checksum 0 over IPv6", put(frame6(), carp6 + 6, 0, 0), Verdict.BadChecksum, "badsum"),
    bad("a CARP checksum with the pseudo header", withPseudoHeader(), Verdict.BadChecksum, "badsum"),
    ...covered.map((at) =>
      bad(
        `byte ${at} of the CARP header damaged`,
        flipped(frame4(), carp4 + at, 2),
        Verdict.BadChecksum,
        "badsum",
      ),
    ),
    ...Array.from({ length: 28 }, (_, at) =>
      bad(
        `byte ${at + 8} of the CARP header altered, checksum right`,
        resealed(flipped(frame4(), carp4 + 8 + at, 4)),
        Verdict.BadAuth,
        "badauth",
      ),
    ),
    ...[8, 15, 16, 25, 35].map((at) =>
      bad(
        `byte ${at} of the CARP header altered over IPv6, checksum right`,
        resealed(flipped(frame6(), carp6 + at, 4)),
        Verdict.BadAuth,
        "badauth",
      ),
    ),
  ];
}

function foreign(): MalformedFrame[] {
  const other: [string, Partial<Advertisement>][] = [
    ["no pass phrase", { key: "" }],
    ["another pass phrase", { key: "testpasS" }],
    ["a pass phrase that goes on", { key: "testpass1" }],
    ["one address of two", { addresses: ["192.168.1.50"] }],
    ["another address", { addresses: ["192.168.1.51", "2001:db8::50"] }],
    ["an address more", { addresses: [...target.addresses, "192.168.1.51"] }],
  ];
  return [
    ...[2, 3, 128, 254, 255].map((vhid) =>
      bad(`VHID ${vhid}`, advertisementFrame({ ...sound, vhid }), Verdict.BadVhid, "badvhid"),
    ),
    bad("VHID 0", advertisementFrame({ ...sound, vhid: 0 }), Verdict.BadVhid, "badvhid"),
    bad(
      "VHID 0 from a virtual address",
      advertisementFrame({ ...sound, vhid: 0, source: "192.168.1.50" }),
      Verdict.Loop,
      "badif",
    ),
    bad("the VHID altered, checksum right", mended(frame4(), carp4 + 1, 2), Verdict.BadVhid, "badvhid"),
    ...other.flatMap(([name, fields]) => [
      bad(name, advertisementFrame({ ...sound, ...fields }), Verdict.BadAuth, "badauth"),
      bad(`${name}, over IPv6`, advertisementFrame({ ...sound6, ...fields }), Verdict.BadAuth, "badauth"),
    ]),
  ];
}

/** What is odd and sound all the same: every kernel takes it (protocol §3.1). */
function oddities(): MalformedFrame[] {
  const padded = new Uint8Array(128).fill(0xaa);
  padded.set(frame4());
  return [
    good("a frame padded to 128 bytes", padded),
    good("a TOS byte of 0", mended(frame4(), ip + 1, 0)),
    good("fragments allowed", mended(frame4(), ip + 6, 0)),
    good("the reserved bit", mended(frame4(), ip + 6, 0x80)),
    good("an IP identity", mended(frame4(), ip + 4, 0xbe, 0xef)),
    ...[0, 2, 15].map((type) => good(`type ${type}`, mended(frame4(), carp4, 0x20 | type), "oddheaders")),
    ...[0, 6, 8, 255].map((length) =>
      good(`authlen ${length}`, mended(frame4(), carp4 + 3, length), "oddheaders"),
    ),
    good("OpenBSD's demotion", mended(frame4(), carp4 + 4, 200)),
    ...[1, 8, 100].map((length) =>
      good(
        `${length} trailing bytes`,
        advertisementFrame({ ...sound, trailer: new Uint8Array(length).fill(9) }),
        "trailing",
      ),
    ),
    bad("a trailing byte that the checksum lacks", unsealedTrailer(), Verdict.BadChecksum, "badsum"),
    good("advbase 0", mended(frame4(), carp4 + 5, 0)),
    good("advbase 0 and advskew 0", mended(mended(frame4(), carp4 + 5, 0), carp4 + 2, 0), "zerointervals"),
  ];
}

function frame4(): Uint8Array {
  return advertisementFrame(sound);
}

function frame6(): Uint8Array {
  return advertisementFrame(sound6);
}

function bad(name: string, frame: Uint8Array, verdict: Verdict, counter?: keyof Statistics): MalformedFrame {
  return { name, frame, verdict, counter };
}

function good(name: string, frame: Uint8Array, counter?: keyof Statistics): MalformedFrame {
  return { name, frame, verdict: Verdict.Ok, counter };
}

/** The frame with bytes replaced; the checksums stay as they were. */
function put(frame: Uint8Array, at: number, ...bytes: readonly number[]): Uint8Array {
  const result = Uint8Array.from(frame);
  result.set(
    bytes.map((byte) => byte & 0xff),
    at,
  );
  return result;
}

/** The same, with the checksums right again. */
function mended(frame: Uint8Array, at: number, ...bytes: readonly number[]): Uint8Array {
  return resealed(put(frame, at, ...bytes));
}

function flipped(frame: Uint8Array, at: number, bit: number): Uint8Array {
  const byte = at + (bit >> 3);
  return put(frame, byte, frame[byte] ^ (1 << (bit & 7)));
}

/** The IPv4 checksum right for the IHL that the header has; the payload's as it was. */
function sealed(frame: Uint8Array, length = (frame[ip] & 15) * 4): Uint8Array {
  const result = put(frame, ip + 10, 0, 0);
  const sum = internetChecksum(result.subarray(ip, ip + length));
  return put(result, ip + 10, sum >> 8, sum);
}

function sealedShort(frame: Uint8Array): Uint8Array {
  return sealed(frame, 20);
}

function totalLength(length: number): Uint8Array {
  return sealed(put(frame4(), ip + 2, length >> 8, length));
}

/** The IPv6 advertisement behind extension headers. */
function extended(next: number, bytes: readonly number[]): Uint8Array {
  const frame = frame6();
  const length = 36 + bytes.length;
  const result = new Uint8Array(frame.length + bytes.length);
  result.set(put(put(frame, ip + 6, next), ip + 4, length >> 8, length).subarray(0, carp6));
  result.set(bytes, carp6);
  result.set(frame.subarray(carp6), carp6 + bytes.length);
  return result;
}

/** As RFC 5798 wants it of VRRP over IPv6. */
function withPseudoHeader(): Uint8Array {
  const frame = put(frame6(), carp6 + 6, 0, 0);
  const pseudo = Uint8Array.from([...frame.subarray(ip + 8, ip + 40), 0, 0, 0, 36, 0, 0, 0, 112]);
  const sum = internetChecksum(Uint8Array.from([...pseudo, ...frame.subarray(carp6)]));
  return put(frame, carp6 + 6, sum >> 8, sum);
}

function unsealedTrailer(): Uint8Array {
  const frame = advertisementFrame({ ...sound, trailer: Uint8Array.of(9) });
  return put(frame, carp4 + 36, 10);
}

function bits(count: number): number[] {
  return Array.from({ length: count }, (_, bit) => bit);
}

function hex(value: number, digits: number): string {
  return `0x${value.toString(16).padStart(digits, "0")}`;
}
