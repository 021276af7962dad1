/**
 * Composes what the virtual hosts have to send: advertisements (protocol §1), and announcements of who answers for
 * an address (protocol §8): a gratuitous ARP as request and as reply for each IPv4 address, an unsolicited neighbor
 * advertisement for each IPv6 address.
 */
import {
  FrameKind,
  INSTANCE_ADDRESSES4,
  INSTANCE_ADDRESSES6,
  INTERFACE_MAC,
  INTERFACE_SOURCE4,
  INTERFACE_SOURCE6,
  InstanceFlag,
  InterfaceFlag,
  SCRATCH_OFFSET,
  Statistic,
  TRANSMIT_CAPACITY,
  TRANSMIT_FRAME,
} from "../abi.ts";
import { copyMac } from "../memory/bytes.ts";
import {
  Instance,
  Interface,
  indexOf,
  instanceAt,
  interfaceAt,
  settings,
  transmitSlotAt,
} from "../memory/records.ts";
import { sign } from "../protocol/authenticator.ts";
import { BOW_OUT } from "../protocol/constants.ts";
import { nextCounter } from "../protocol/counter.ts";
import { sendFailed, sendSucceeded } from "../protocol/demotion.ts";
import { effectiveSkew } from "../protocol/interval.ts";
import { advertised } from "../protocol/lease.ts";
import { first, isEmpty, Pending, removeFirst, retract } from "../protocol/outbox.ts";
import * as arp from "../wire/arp.ts";
import * as carp from "../wire/carp.ts";
import * as ethernet from "../wire/ethernet.ts";
import * as ipv4 from "../wire/ipv4.ts";
import * as ipv6 from "../wire/ipv6.ts";
import * as neighbor from "../wire/neighbor.ts";
import { count } from "./counters.ts";

/** The CARP group's IPv6 address is ff02::12, the all-nodes address ff02::1. */
const GROUP_CARP: u64 = 0x12;
const GROUP_ALL_NODES: u64 = 1;
const CAPACITY: u32 = TRANSMIT_CAPACITY;
/** Where a MAC is put together. */
const MAC: usize = (SCRATCH_OFFSET as usize) + 512;

/** Fills the transmit ring from slot 0 on and returns how many frames are in it. */
export function transmit(): u32 {
  let used: u32 = 0;
  while (!isEmpty()) {
    const instance = first();
    used = composeBowOut(instance, used);
    used = composeAdvertisement(instance, used, Pending.Farewell);
    used = composeAdvertisement(instance, used, Pending.Advertisement);
    used = composeAnnouncements(instance, used);
    if (instance.pending) break;
    removeFirst();
  }
  return used;
}

/** Takes note of how the frames in slots 0 to `count - 1` fared. */
export function noteSent(frames: u32): void {
  assert(frames <= CAPACITY);
  for (let index: u32 = 0; index < frames; index++) {
    const slot = transmitSlotAt(index);
    const instance = instanceAt(slot.instance);
    if ((slot.kind as i32) > FrameKind.Advertisement6 || !instance.inUse) continue;
    if (slot.errno == 0) {
      sendSucceeded(instance);
      advertised(instance);
    } else {
      count(instance, Statistic.senderrors);
      sendFailed(instance);
    }
  }
}

function composeBowOut(instance: Instance, used: u32): u32 {
  if (!(instance.pending & Pending.BowOut) || used + 2 > CAPACITY) return used;
  retract(instance, Pending.BowOut as u8);
  return composeAdvertisements(instance, used, BOW_OUT, BOW_OUT);
}

function composeAdvertisement(instance: Instance, used: u32, what: Pending): u32 {
  if (!(instance.pending & what) || used + 2 > CAPACITY) return used;
  retract(instance, what as u8);
  return composeAdvertisements(instance, used, instance.advbase, effectiveSkew(instance));
}

/** One advertisement for each family of which there is an address. */
function composeAdvertisements(instance: Instance, used: u32, base: u32, skew: u32): u32 {
  if (instance.count4 > 0) {
    const frame = claim(used++, instance, FrameKind.Advertisement4, 70);
    const packet = frame + ethernet.HEADER_SIZE;
    const source = changetype<usize>(interfaceAt(instance.interfaceIndex)) + INTERFACE_SOURCE4;
    composeAdvertisementMac(frame, instance, ethernet.TYPE_IPV4);
    ethernet.setTarget(frame, 0x0100, 0x5e000012);
    ipv4.compose(packet, carp.HEADER_SIZE, settings().dscp, source, ipv4.TARGET_GROUP);
    composeCarp(packet + ipv4.HEADER_SIZE, instance, base, skew);
    count(instance, Statistic.opackets);
  }
  if (instance.count6 > 0) {
    const frame = claim(used++, instance, FrameKind.Advertisement6, 90);
    const packet = frame + ethernet.HEADER_SIZE;
    const source = changetype<usize>(interfaceAt(instance.interfaceIndex)) + INTERFACE_SOURCE6;
    composeAdvertisementMac(frame, instance, ethernet.TYPE_IPV6);
    ethernet.setTarget(frame, 0x3333, GROUP_CARP as u32);
    ipv6.compose(packet, carp.HEADER_SIZE, ipv6.NEXT_HEADER_CARP, settings().dscp, source, GROUP_CARP);
    composeCarp(packet + ipv6.HEADER_SIZE, instance, base, skew);
    count(instance, Statistic.opackets6);
  }
  return used;
}

function composeCarp(header: usize, instance: Instance, base: u32, skew: u32): void {
  carp.compose(header, instance.vhid, base, skew, nextCounter(instance));
  sign(instance, header + carp.COUNTER, header + carp.DIGEST);
  carp.seal(header);
}

/** Announcement `n` is a request for even and a reply for odd n below twice the IPv4 addresses, then IPv6. */
function composeAnnouncements(instance: Instance, used: u32): u32 {
  if (!(instance.pending & Pending.Announcement)) return used;
  const record = changetype<usize>(instance);
  const arps = (instance.count4 as u32) * 2;
  const all = arps + instance.count6;
  let cursor = instance.announceCursor as u32;
  for (; cursor < all && used < CAPACITY; cursor++) {
    if (cursor < arps) {
      const address = record + INSTANCE_ADDRESSES4 + (((cursor >> 1) as usize) << 2);
      composeArp(
        claim(used++, instance, FrameKind.ArpRequest + (cursor & 1), 42),
        instance,
        cursor & 1,
        address,
      );
    } else {
      const address = record + INSTANCE_ADDRESSES6 + (((cursor - arps) as usize) << 4);
      composeNeighbor(claim(used++, instance, FrameKind.NeighborAdvertisement, 86), instance, address);
    }
  }
  instance.announceCursor = cursor as u16;
  if (cursor == all) retract(instance, Pending.Announcement as u8);
  return used;
}

function composeArp(frame: usize, instance: Instance, isReply: u32, address: usize): void {
  const mac = answeringMac(instance);
  ethernet.compose(frame, mac, ethernet.TYPE_ARP);
  ethernet.setBroadcastTarget(frame);
  arp.composeGratuitous(frame + ethernet.HEADER_SIZE, isReply ? arp.REPLY : arp.REQUEST, mac, address);
}

function composeNeighbor(frame: usize, instance: Instance, address: usize): void {
  const mac = answeringMac(instance);
  const packet = frame + ethernet.HEADER_SIZE;
  ethernet.compose(frame, mac, ethernet.TYPE_IPV6);
  ethernet.setTarget(frame, 0x3333, GROUP_ALL_NODES as u32);
  ipv6.compose(packet, neighbor.PACKET_SIZE, ipv6.NEXT_HEADER_ICMPV6, 0, address, GROUP_ALL_NODES);
  neighbor.composeUnsolicited(packet + ipv6.HEADER_SIZE, mac, address);
}

/** Takes a slot and returns where its frame goes. */
function claim(index: u32, instance: Instance, kind: u32, length: u16): usize {
  const slot = transmitSlotAt(index);
  slot.length = length;
  slot.interfaceIndex = instance.interfaceIndex;
  slot.kind = kind as u8;
  slot.instance = indexOf(instance) as u16;
  slot.errno = 0;
  return changetype<usize>(slot) + TRANSMIT_FRAME;
}

function composeAdvertisementMac(frame: usize, instance: Instance, type: u32): void {
  const link = interfaceAt(instance.interfaceIndex);
  if (link.flags & InterfaceFlag.OwnSourceMac) copyMac(MAC, ownMac(link));
  else ethernet.storeVirtualMac(MAC, instance.vhid);
  ethernet.compose(frame, MAC, type);
}

/** The MAC that answers for the virtual addresses. */
function answeringMac(instance: Instance): usize {
  if (instance.flags & InstanceFlag.VirtualMac) ethernet.storeVirtualMac(MAC, instance.vhid);
  else copyMac(MAC, ownMac(interfaceAt(instance.interfaceIndex)));
  return MAC;
}

function ownMac(link: Interface): usize {
  return changetype<usize>(link) + INTERFACE_MAC;
}
