import { addressesOf, type GivenAddress } from "./givenaddresses.ts";
import type { JudgedPacket } from "./verify.ts";

/** What `carp verify` says of a capture: how much is in it, and a line for each sender of each VHID. */
export function summarizeCapture(
  name: string,
  frameCount: number,
  packets: readonly JudgedPacket[],
  addresses: readonly GivenAddress[],
): string {
  const groups = new Map<string, JudgedPacket[]>();
  for (const packet of packets) {
    const key = `${packet.vhid ?? "?"} ${packet.source} ${packet.destination}`;
    groups.set(key, [...(groups.get(key) ?? []), packet]);
  }
  const head = `${name}: ${count(frameCount, "packet")}, ${count(packets.length, "advertisement")}\n`;
  return (
    head +
    [...groups.values()].map((group) => summarize(group, addressesOf(addresses, group[0].vhid))).join("")
  );
}

function summarize(group: readonly JudgedPacket[], addresses: readonly string[]): string {
  const [{ vhid, source, destination }] = group;
  const good = group.filter(({ verdict }) => verdict === "ok").length;
  const parts = [
    ` vhid ${vhid ?? "?"}  ${source} -> ${destination}  ${good} ok, ${group.length - good} bad `,
    ` advbase ${values(group, "advbase")} advskew ${values(group, "advskew")} `,
    ` ${explain(group, addresses)}`,
  ];
  return `${parts.join(" ")}\n`;
}

/** The values that occurred, in the order in which they did. */
function values(group: readonly JudgedPacket[], field: "advbase" | "advskew"): string {
  const distinct = [...new Set(group.map((packet) => packet[field] ?? "?"))];
  return distinct.length > 4 ? `${distinct.slice(0, 4).join(",")},…` : distinct.join(",");
}

function explain(group: readonly JudgedPacket[], addresses: readonly string[]): string {
  const shown = addresses.length > 4 ? `${addresses.slice(0, 4).join(" ")} …` : addresses.join(" ");
  const bad = new Map<string, number>();
  for (const { verdict } of group) if (verdict !== "ok") bad.set(verdict, (bad.get(verdict) ?? 0) + 1);
  if (bad.size === 0) return `HMAC ok (addresses ${shown})`;
  const reasons = [...bad].map(([verdict, times]) => `${verdict} ${times}`).join(", ");
  return bad.has("bad auth") ? `${reasons} (another pass phrase, or other addresses than ${shown})` : reasons;
}

function count(value: number, noun: string): string {
  return `${value} ${noun}${value === 1 ? "" : "s"}`;
}
