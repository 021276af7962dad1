import { addressBytes, internetChecksum } from "./frames.ts";

/** A VRRPv2 advertisement (RFC 3768, 5.1): it begins with the same byte as CARP's, and goes to the same group. */
export function vrrp2Frame(vrid: number, addresses: readonly string[], priority = 100): Uint8Array {
  const body = Uint8Array.from([
    ...[0x21, vrid, priority, addresses.length, 0, 1, 0, 0],
    ...addresses.flatMap((address) => [...addressBytes(address)]),
    ...new Uint8Array(8),
  ]);
  return framed(vrid, seal(body, internetChecksum(body)));
}

/** A VRRPv3 advertisement over IPv4 (RFC 5798, 5.1), whose checksum covers a pseudo header. */
export function vrrp3Frame(vrid: number, addresses: readonly string[], priority = 100): Uint8Array {
  const body = Uint8Array.from([
    ...[0x31, vrid, priority, addresses.length, 0, 100, 0, 0],
    ...addresses.flatMap((address) => [...addressBytes(address)]),
  ]);
  const pseudo = [...source, ...group, 0, 112, body.length >> 8, body.length & 255];
  return framed(vrid, seal(body, internetChecksum(Uint8Array.from([...pseudo, ...body]))));
}

const source = addressBytes("192.168.1.9");
const group = addressBytes("224.0.0.18");

function seal(body: Uint8Array, checksum: number): Uint8Array {
  body.set([checksum >> 8, checksum & 255], 6);
  return body;
}

function framed(vrid: number, body: Uint8Array): Uint8Array {
  const length = 20 + body.length;
  const header = Uint8Array.from([
    ...[0x45, 0xc0, length >> 8, length & 255, 0, 1, 0, 0, 255, 112, 0, 0],
    ...source,
    ...group,
  ]);
  const checksum = internetChecksum(header);
  header.set([checksum >> 8, checksum & 255], 10);
  return Uint8Array.from([1, 0, 0x5e, 0, 0, 0x12, 0, 0, 0x5e, 0, 1, vrid, 8, 0, ...header, ...body]);
}
