// Who has an address, and who answers for it on the wire, looked at every ten milliseconds, in many labs at once.
import { closeSync, openSync } from "node:fs";
import koffi from "koffi";
import { RouteRequests } from "../../build/host/link/requests.js";
import { libc } from "../../build/host/system/libc.js";
import { allocate } from "../../build/host/system/memory.js";
import * as socket from "../../build/host/system/socket.js";

const CLONE_NEWNET = 0x40000000;
const ETHERTYPE_IPV4 = 0x0800;
const ETHERTYPE_ARP = 0x0806;
const IPPROTO_CARP = 112;
const frameLength = 2048;
const periodMs = 10;

/**
 * Watches `address` in labs: `add` takes a lab whose hosts `a` and `b` may have the address, and whose host `client` asks
 * for it. One timer looks at all of them.
 */
export function startWatch() {
  const watched = new Set();
  const timer = setInterval(() => {
    for (const one of watched) one.look();
  }, periodMs);
  return {
    add(lab, address) {
      const one = watchOf(lab, address);
      watched.add(one);
      return {
        ...one.reports,
        close() {
          watched.delete(one);
          one.close();
        },
      };
    },
    close() {
      clearInterval(timer);
      for (const one of watched) one.close();
    },
  };
}

/** A host is a bit, `a` 1 and `b` 2, so that who has something is a number, and 3 is both. */
function watchOf(lab, address) {
  const names = ["a", "b"];
  const tables = names.map((name) => inNamespace(lab.host(name).namespace.pid, () => new RouteRequests()));
  const client = lab.host("client");
  const { arp, carp } = inNamespace(client.namespace.pid, () => {
    const { index } = new RouteRequests().link("eth0");
    return { arp: openSocket(ETHERTYPE_ARP, index), carp: openSocket(ETHERTYPE_IPV4, index) };
  });
  const macs = names.map((name) => lab.host(name).mac);
  const sources = names.map((name) => lab.host(name).addresses[0].split("/")[0]);
  const question = arpRequest(client.mac, client.addresses[0].split("/")[0], address);
  const advertisements = [];
  let latest = { having: 0, answering: 0 };
  let samples = [];
  let recording = false;

  /** The answers to the last question, the tables now, and the next question. */
  function look() {
    let answering = 0;
    for (let frame = arp.receive(); frame !== undefined; frame = arp.receive()) {
      if (frame.readUInt16BE(20) !== 2 || frame.subarray(28, 32).join(".") !== address) continue;
      answering |= 1 << macs.indexOf(frame.toString("hex", 6, 12).replace(/(..)(?=.)/g, "$1:"));
    }
    const at = performance.now();
    for (let frame = carp.receive(); frame !== undefined; frame = carp.receive()) {
      const host = sources.indexOf(frame.subarray(26, 30).join("."));
      if (frame[23] === IPPROTO_CARP && host >= 0) advertisements.push({ at, host: names[host] });
    }
    let having = 0;
    for (const [host, table] of tables.entries()) {
      if (table.addresses(0).some((one) => one.address === address)) having |= 1 << host;
    }
    latest = { at, having, answering };
    if (recording) samples.push(latest);
    arp.send(question);
    if (advertisements.length > 10_000) advertisements.splice(0, 5000);
  }

  const reports = {
    advertisements,
    /** Who had the address, and who answered, when it was looked at last: 0 nobody, 1 `a`, 2 `b`, 3 both. */
    last: () => latest,
    begin() {
      samples = [];
      recording = true;
    },
    /** How long nobody and how long both had the address or answered for it since `since`, in milliseconds. */
    end(since) {
      recording = false;
      const held = durations(samples, since, "having");
      const answered = durations(samples, since, "answering");
      const steps = samples.slice(1).map(({ at }, index) => at - samples[index].at);
      return { held, answered, longestStepMs: Math.max(0, ...steps) };
    },
  };
  return {
    look,
    reports,
    close() {
      for (const each of [...tables, arp, carp]) each.close();
    },
  };
}

/** What was seen at a moment has been so since the moment before. */
function durations(samples, since, what) {
  const sums = { noneMs: 0, bothMs: 0, longestNoneMs: 0 };
  let none = 0;
  for (let index = 1; index < samples.length; index++) {
    if (samples[index].at <= since) continue;
    const step = samples[index].at - Math.max(since, samples[index - 1].at);
    if (samples[index][what] === 3) sums.bothMs += step;
    none = samples[index][what] === 0 ? none + step : 0;
    if (none > 0) sums.noneMs += step;
    sums.longestNoneMs = Math.max(sums.longestNoneMs, none);
  }
  return sums;
}

function openSocket(protocol, interfaceIndex) {
  const networkOrder = ((protocol & 0xff) << 8) | (protocol >> 8);
  const descriptor = socket.openSocket(
    socket.AF_PACKET,
    socket.SOCK_RAW | socket.SOCK_NONBLOCK,
    networkOrder,
  );
  const address = new Uint8Array(20);
  const view = new DataView(address.buffer);
  view.setUint16(0, socket.AF_PACKET, true);
  view.setUint16(2, protocol);
  view.setInt32(4, interfaceIndex, true);
  socket.bindSocket(descriptor, address);
  const memory = allocate(frameLength);
  const bytes = Buffer.from(memory.bytes.buffer, memory.bytes.byteOffset, frameLength);
  return {
    send(frame) {
      bytes.set(frame);
      libc().send(descriptor, memory.address, frame.length, 0);
    },
    /** A frame that waits, valid until the next call. */
    receive() {
      const length = Number(libc().recvfrom(descriptor, memory.address, frameLength, 0, 0n, 0n));
      return length < 32 ? undefined : bytes.subarray(0, length);
    },
    close: () => socket.closeSocket(descriptor),
  };
}

function arpRequest(mac, source, target) {
  const sender = mac.replaceAll(":", "");
  const [from, to] = [source, target].map((text) => Buffer.from(text.split(".").map(Number)).toString("hex"));
  return Buffer.from(`ffffffffffff${sender}08060001080006040001${sender}${from}000000000000${to}`, "hex");
}

/** What the body opens belongs to the namespace, afterwards too. */
function inNamespace(pid, body) {
  const home = openSync("/proc/thread-self/ns/net", "r");
  enter(`/proc/${pid}/ns/net`);
  try {
    return body();
  } finally {
    setns(home);
    closeSync(home);
  }
}

function enter(path) {
  const target = openSync(path, "r");
  setns(target);
  closeSync(target);
}

const call = koffi.load(null).func("int setns(int, int)");

function setns(descriptor) {
  if (call(descriptor, CLONE_NEWNET) !== 0) throw new Error(`setns: errno ${koffi.errno()}`);
}
