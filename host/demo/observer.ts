import type { ChildProcess } from "node:child_process";
import type { Lab } from "./lab.ts";
import { PcapReader } from "./pcap-reader.ts";

/** A CARP advertisement as a bystander on the bridge saw it. `at` is in milliseconds since the epoch. */
export interface HeardAdvertisement {
  readonly at: number;
  /** The host on whose port it came in. */
  readonly host: string;
  readonly source: string;
  readonly sourceMac: string;
  readonly hopLimit: number;
  readonly vhid: number;
  readonly advbase: number;
  readonly advskew: number;
  readonly counter: bigint;
}

/** A gratuitous ARP (request or reply) or an unsolicited neighbor advertisement. */
export interface HeardAnnouncement {
  readonly at: number;
  readonly host: string;
  readonly kind: "arp-request" | "arp-reply" | "neighbor-advertisement";
  readonly address: string;
  readonly mac: string;
}

/** Who advertises and announces on the lab's ports, in the order in which the kernel saw it. */
export interface Observer {
  readonly advertisements: readonly HeardAdvertisement[];
  readonly announcements: readonly HeardAnnouncement[];
  /** The advertisements of one virtual host, of one host when named. */
  heard(vhid: number, host?: string): HeardAdvertisement[];
  stop(): Promise<void>;
}

/**
 * Listens on every port of the bridge, so that a host behind a cut cable is heard too.
 * Resolves when the capture has begun; rejects when neither tcpdump nor dumpcap can capture.
 */
export async function observe(lab: Lab): Promise<Observer> {
  const ports = await portIndices(lab);
  const advertisements: HeardAdvertisement[] = [];
  const announcements: HeardAnnouncement[] = [];
  const child = await startCapture(lab, (at, packet) => {
    const host = ports.get(packet.readUInt32BE(4));
    if (host === undefined) return;
    const frame = { at, host, sourceMac: mac(packet, 12), payload: packet.subarray(cookedHeaderLength) };
    const protocol = packet.readUInt16BE(0);
    if (protocol === 0x0806) hearArp(frame, announcements);
    if (protocol === 0x0800) hearIpv4(frame, advertisements);
    if (protocol === 0x86dd) hearIpv6(frame, advertisements, announcements);
  });
  return {
    advertisements,
    announcements,
    heard: (vhid, host) =>
      advertisements.filter((one) => one.vhid === vhid && (host === undefined || one.host === host)),
    stop: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = new Promise((resolve) => child.once("close", resolve));
      child.kill("SIGTERM");
      await ended;
    },
  };
}

interface HeardFrame {
  readonly at: number;
  readonly host: string;
  readonly sourceMac: string;
  readonly payload: Buffer;
}

/** In a user namespace tcpdump cannot give up its groups and ends; dumpcap does not try. */
const captures = [
  [
    "tcpdump",
    "-i",
    "any",
    "-p",
    "-y",
    "LINUX_SLL2",
    "-s",
    "256",
    "-n",
    "-U",
    "--immediate-mode",
    "-Z",
    "root",
  ],
  ["dumpcap", "-i", "any", "-p", "-y", "LINUX_SLL2", "-s", "256", "-P", "-q"],
];
const filter =
  "inbound and (proto 112 or arp or (ip6 and (ip6[6] == 112 or (ip6[6] == 58 and ip6[40] == 136))))";
const cookedHeaderLength = 20;
const carpLength = 36;
const carpVersionAndType = 0x21;

async function startCapture(lab: Lab, onPacket: (at: number, packet: Buffer) => void): Promise<ChildProcess> {
  const complaints: string[] = [];
  for (const argv of captures) {
    const [filterFlag, name] = argv[0] === "dumpcap" ? ["-f", "dumpcap"] : ["--", "tcpdump"];
    const child = lab.bridge.start([...argv, "-w", "-", filterFlag, filter]);
    const reader = new PcapReader(onPacket);
    child.stdout?.on("data", (chunk: Buffer) => reader.push(chunk));
    try {
      await isListening(child);
      return child;
    } catch (error) {
      complaints.push(`${name}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  throw new Error(complaints.join("\n"));
}

async function portIndices(lab: Lab): Promise<Map<number, string>> {
  const links = JSON.parse(await lab.bridge.run(["ip", "-j", "link"])) as {
    ifname: string;
    ifindex: number;
  }[];
  const names = new Map(lab.hosts.map((host) => [host.port, host.name]));
  return new Map(
    links.flatMap(({ ifname, ifindex }) => {
      const host = names.get(ifname);
      return host === undefined ? [] : [[ifindex, host] as const];
    }),
  );
}

function hearArp({ at, host, payload }: HeardFrame, announcements: HeardAnnouncement[]): void {
  if (payload.length < 28) return;
  const sender = ipv4(payload, 14);
  if (sender !== ipv4(payload, 24)) return;
  const kind = payload.readUInt16BE(6) === 1 ? "arp-request" : "arp-reply";
  announcements.push({ at, host, kind, address: sender, mac: mac(payload, 8) });
}

function hearIpv4(frame: HeardFrame, advertisements: HeardAdvertisement[]): void {
  const { payload } = frame;
  const headerLength = (payload[0] & 15) * 4;
  hearCarp(frame, payload.subarray(headerLength), ipv4(payload, 12), payload[8], advertisements);
}

function hearIpv6(
  frame: HeardFrame,
  advertisements: HeardAdvertisement[],
  announcements: HeardAnnouncement[],
): void {
  const { at, host, payload } = frame;
  const body = payload.subarray(40);
  if (payload[6] === 112) hearCarp(frame, body, ipv6(payload, 8), payload[7], advertisements);
  const isUnsolicited = payload[6] === 58 && payload[24] === 0xff && body.length >= 32;
  if (!isUnsolicited || body[0] !== 136) return;
  announcements.push({
    at,
    host,
    kind: "neighbor-advertisement",
    address: ipv6(body, 8),
    mac: mac(body, 26),
  });
}

function hearCarp(
  { at, host, sourceMac }: HeardFrame,
  body: Buffer,
  source: string,
  hopLimit: number,
  advertisements: HeardAdvertisement[],
): void {
  if (body.length < carpLength || body[0] !== carpVersionAndType) return;
  const counter = body.readBigUInt64BE(8);
  advertisements.push({
    at,
    host,
    source,
    sourceMac,
    hopLimit,
    vhid: body[1],
    advskew: body[2],
    advbase: body[5],
    counter,
  });
}

function mac(bytes: Buffer, offset: number): string {
  return bytes.toString("hex", offset, offset + 6).replace(/(..)(?=.)/g, "$1:");
}

function ipv4(bytes: Buffer, offset: number): string {
  return bytes.subarray(offset, offset + 4).join(".");
}

/** The address as eight groups, shortened by the URL parser's rules. */
function ipv6(bytes: Buffer, offset: number): string {
  const groups = Array.from({ length: 8 }, (_, index) => bytes.readUInt16BE(offset + 2 * index).toString(16));
  return new URL(`http://[${groups.join(":")}]`).hostname.slice(1, -1);
}

function isListening(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let words = "";
    child.stderr?.on("data", (text: Buffer) => {
      words += text.toString();
      if (words.includes("listening on") || words.includes("File: ")) resolve();
    });
    child.once("error", reject);
    child.once("close", () => reject(new Error(words.trim().replaceAll("\n", "; ") || "ended at once")));
  });
}
