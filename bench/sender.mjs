// Floods for the lab: the sender of bench/native/sender.c, and advertisements with a wrong tag for it to send.
import { execFile } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { PcapReader } from "../build/host/demo/pcap-reader.js";

const source = fileURLToPath(new URL("native/sender.c", import.meta.url));
const ethernetHeaderLength = 14;
const checksumOffset = 6;
const tagOffset = 16;

/** Compiles the sender into `folder` and returns its path, or undefined where there is no compiler. */
export async function compileSender(folder) {
  const target = join(folder, "sender");
  try {
    await promisify(execFile)("cc", ["-O2", "-o", target, source]);
    return target;
  } catch (error) {
    if (error.code === "ENOENT") return undefined;
    throw error;
  }
}

/** Sends the frames in turn from the host's eth0. Resolves with what was sent; `rate` 0 is as fast as it goes. */
export async function send(sender, namespace, { seconds, rate = 0, frames, interfaceName = "eth0" }) {
  const texts = frames.map((frame) => Buffer.from(frame).toString("hex"));
  const out = await namespace.run([sender, interfaceName, String(seconds), String(rate), ...texts]);
  const [sent, refused, tookNs] = out.trim().split(" ").map(Number);
  return { sent, refused, perSecond: (sent / tookNs) * 1e9 };
}

/** The next advertisement over IPv4 that the interface receives, as a whole Ethernet frame. */
export async function catchAdvertisement(namespace, interfaceName) {
  const argv = [
    "tcpdump",
    "-i",
    interfaceName,
    "-Q",
    "in",
    "-U",
    "--immediate-mode",
    "-Z",
    "root",
    "-c",
    "1",
  ];
  const child = namespace.start([...argv, "-w", "-", "ip proto 112"]);
  let frame;
  const reader = new PcapReader((_, packet) => {
    frame ??= Buffer.from(packet);
  });
  child.stdout.on("data", (chunk) => reader.push(chunk));
  await once(child, "close");
  if (frame === undefined) throw new Error(`no advertisement on ${interfaceName}`);
  return frame;
}

/** `count` copies of an advertisement over IPv4 that are right but for the tag, each with a wrong one of its own. */
export function withWrongTags(frame, count) {
  return Array.from({ length: count }, (_, index) =>
    changed(frame, (carp) => {
      carp[tagOffset + (index % 20)] ^= 1 + (index % 255);
    }),
  );
}

/** The advertisement for another VHID, tag and all else as they were. */
export function withVhid(frame, vhid) {
  return changed(frame, (carp) => {
    carp[1] = vhid;
  });
}

/** A copy with the payload changed. */
function changed(frame, alter) {
  const copy = Buffer.from(frame);
  change(copy, alter);
  return copy;
}

/** Changes the payload of the frame itself and makes its checksum right again (RFC 1071). */
export function change(frame, alter) {
  const carp = frame.subarray(ethernetHeaderLength + (frame[ethernetHeaderLength] & 15) * 4);
  alter(carp);
  carp.writeUInt16BE(0, checksumOffset);
  let sum = 0;
  for (let at = 0; at < 36; at += 2) sum += carp.readUInt16BE(at);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  carp.writeUInt16BE(0xffff - sum, checksumOffset);
}
