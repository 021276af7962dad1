import { AF_INET, AF_INET6, closeSocket, openSocket, SOCK_DGRAM, setOption } from "../system/socket.ts";

/** 224.0.0.18 and ff02::12, to which advertisements go, and their Ethernet addresses (protocol §1.1). */
export const ipv4Group = Uint8Array.of(224, 0, 0, 18);
export const ipv6Group = Uint8Array.of(0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x12);
export const ipv4GroupMac = Uint8Array.of(0x01, 0x00, 0x5e, 0x00, 0x00, 0x12);
export const ipv6GroupMac = Uint8Array.of(0x33, 0x33, 0x00, 0x00, 0x00, 0x12);

const IPPROTO_IP = 0;
const IPPROTO_IPV6 = 41;
const IP_ADD_MEMBERSHIP = 35;
const IPV6_JOIN_GROUP = 20;

/**
 * Joins the group of `family` on an interface through a socket that is never read, so that the kernel sends the
 * IGMP or MLD reports which snooping switches wait for. The membership lasts until the descriptor that is
 * returned is closed. Throws SystemError.
 */
export function joinGroup(family: 4 | 6, interfaceIndex: number): number {
  const descriptor = openSocket(family === 4 ? AF_INET : AF_INET6, SOCK_DGRAM, 0);
  try {
    if (family === 4) {
      setOption(descriptor, IPPROTO_IP, IP_ADD_MEMBERSHIP, ipMreqn(interfaceIndex), "IP_ADD_MEMBERSHIP");
    } else {
      setOption(descriptor, IPPROTO_IPV6, IPV6_JOIN_GROUP, ipv6Mreq(interfaceIndex), "IPV6_JOIN_GROUP");
    }
    return descriptor;
  } catch (error) {
    closeSocket(descriptor);
    throw error;
  }
}

/** struct ip_mreqn for 224.0.0.18 on the interface. */
export function ipMreqn(interfaceIndex: number): Uint8Array {
  const bytes = new Uint8Array(12);
  bytes.set(ipv4Group);
  new DataView(bytes.buffer).setInt32(8, interfaceIndex, true);
  return bytes;
}

function ipv6Mreq(interfaceIndex: number): Uint8Array {
  const bytes = new Uint8Array(20);
  bytes.set(ipv6Group);
  new DataView(bytes.buffer).setInt32(16, interfaceIndex, true);
  return bytes;
}
