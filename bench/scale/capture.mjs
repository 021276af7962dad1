// The advertisements (IP protocol 112: CARP and VRRP) that one host sends and hears, with the kernel's times.
import { setTimeout as sleep } from "node:timers/promises";

const headerLength = 24;
const recordLength = 16;
const cookedLength = 20;
const outgoing = 4;

/** Listens on `host` until it is closed. Times are milliseconds since the epoch. */
export async function startCapture(host) {
  const argv = ["tcpdump", "-i", "any", "-n", "-U", "-w", "-", "-s", "96", "-B", "32768"];
  const child = host.namespace.start([
    ...argv,
    "--time-stamp-precision=nano",
    "ip proto 112 or ip6 proto 112",
  ]);
  /** Times by what was advertised (interface, VHID, family), of those heard and of those sent. */
  const heard = new Map();
  const sent = new Map();
  let rest = Buffer.alloc(0);
  let begun = false;
  child.stdout.on("data", (chunk) => {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let at = 0;
    if (!begun && rest.length >= headerLength) {
      if (rest.readUInt32LE(0) !== 0xa1b23c4d || rest.readUInt32LE(20) !== 276)
        throw new Error("tcpdump writes another format");
      at = headerLength;
      begun = true;
    }
    while (begun && at + recordLength <= rest.length) {
      const length = rest.readUInt32LE(at + 8);
      if (at + recordLength + length > rest.length) break;
      note(rest.subarray(at, at + recordLength + length));
      at += recordLength + length;
    }
    rest = rest.subarray(at);
  });
  let words = "";
  await new Promise((resolve, reject) => {
    child.stderr.on("data", (chunk) => {
      words += chunk;
      if (words.includes("listening on")) resolve();
    });
    child.once("exit", () => reject(new Error(words)));
  });

  function note(record) {
    const time = record.readUInt32LE(0) * 1000 + record.readUInt32LE(4) / 1e6;
    const isIpv6 = record.readUInt16BE(recordLength) === 0x86dd;
    const packet = recordLength + cookedLength;
    const carp = packet + (isIpv6 ? 40 : 4 * (record[packet] & 15));
    const key = (record.readUInt32BE(recordLength + 4) * 256 + record[carp + 1]) * 2 + (isIpv6 ? 1 : 0);
    const map = record[recordLength + 10] === outgoing ? sent : heard;
    const times = map.get(key);
    if (times === undefined) map.set(key, [time]);
    else times.push(time);
  }

  return {
    heard,
    sent,
    /** Waits until `count` different ones have been seen since `since`; resolves with the first time of each. */
    async firsts(map, count, since, timeoutMs) {
      const deadline = performance.now() + timeoutMs;
      for (;;) {
        const found = new Map();
        for (const [key, times] of map) {
          const time = times.find((one) => one >= since);
          if (time !== undefined) found.set(key, time);
        }
        if (found.size >= count) return found;
        if (performance.now() > deadline)
          throw new Error(`${found.size} of ${count} advertised within ${timeoutMs / 1000} s`);
        await sleep(100);
      }
    },
    /** What the kernel dropped for the capture, known when it has ended. */
    async close() {
      const ended = new Promise((resolve) => child.once("exit", resolve));
      child.kill("SIGTERM");
      await ended;
      return Number(/(\d+) packets dropped by kernel/.exec(words)?.[1] ?? Number.NaN);
    },
  };
}

/** The gaps between advertisements of one and the same, of those that end between two times. */
export function gapsBetween(map, from, to) {
  const gaps = [];
  for (const times of map.values()) {
    for (let index = 1; index < times.length; index++) {
      if (times[index] >= from && times[index] <= to) gaps.push(times[index] - times[index - 1]);
    }
  }
  return gaps.sort((one, other) => one - other);
}
