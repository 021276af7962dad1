/**
 * A batch of received frames: the cheap checks for every frame, the HMAC for those that pass them, gathered eight at a
 * time, and when all are judged the effects, in order of arrival. The order of checks is FreeBSD 15's (protocol §3.1),
 * which is also the cheapest first. A frame's verdict is written into its slot, and the verdict is what is counted.
 */
import {
  INTERFACE_CAPACITY,
  InstanceFlag,
  NO_INSTANCE,
  RECEIVE_CAPACITY,
  RECEIVE_FRAME_CAPACITY,
  Statistic,
  Verdict,
} from "../abi.ts";
import {
  clear,
  Instance,
  instanceAt,
  interfaceAt,
  lookUp,
  ReceiveSlot,
  receiveSlotAt,
  settings,
} from "../memory/records.ts";
import { holds } from "../protocol/authenticator.ts";
import { noteConflict } from "../protocol/conflict.ts";
import { heard, refresh } from "../protocol/state.ts";
import { find } from "../protocol/table.ts";
import * as carp from "../wire/carp.ts";
import * as ethernet from "../wire/ethernet.ts";
import * as ipv4 from "../wire/ipv4.ts";
import * as ipv6 from "../wire/ipv6.ts";
import { admit } from "./admit.ts";
import { authenticate, concludeWaiting } from "./authenticate.ts";
import { count, countOddities, countReceived, countVrrp } from "./counters.ts";
import { counterOf, frameOf, headerOf, note, packetOf, sourceOf } from "./slot.ts";

/** The packet types that are ours: to this host, broadcast and multicast (packet(7)). */
const LAST_OWN_PACKET_TYPE: u8 = 2;
const HOP_LIMIT: u32 = 255;
/** An IPv4 header without options and an advertisement: what every CARP sender makes. */
const PLAIN_SIZE: usize = ipv4.HEADER_SIZE + carp.HEADER_SIZE;

/** Judges slots 0 to `count - 1` and changes nothing but their verdicts. */
export function judge(count: u32): void {
  assert(count <= (RECEIVE_CAPACITY as u32));
  let waiting: u32 = 0;
  for (let index: u32 = 0; index < count; index++) {
    const slot = receiveSlotAt(index);
    clear(slot);
    const verdict = check(slot);
    if (verdict == Verdict.Pending) waiting = authenticate(slot, waiting);
    else slot.verdict = verdict as u8;
  }
  concludeWaiting(waiting);
}

/** Judges slots 0 to `frames - 1`, counts them, and lets what is authentic act, in order of arrival. */
export function receive(frames: u32): void {
  judge(frames);
  for (let index: u32 = 0; index < frames; index++) {
    const slot = receiveSlotAt(index);
    const instance = subject(slot);
    if (slot.verdict == Verdict.Ok) slot.verdict = admit(instance!, slot) as u8;
    const verdict = slot.verdict as Verdict;
    countReceived(instance, slot.family, verdict);
    if (verdict == Verdict.Ok) act(instance!, slot);
    else if (verdict == Verdict.Refreshed) refresh(instance!);
    else if (verdict == Verdict.BadAuth) meetStranger(instance!, slot);
    else if (verdict >= Verdict.BadLength && verdict <= Verdict.BadChecksum) countVrrp(instance, slot);
  }
}

/**
 * The cheap checks: a verdict, or Pending for a frame whose HMAC is still to be verified. Every condition is a branch of
 * its own: joined by `&&` it would be made a value first, and tested then.
 */
function check(slot: ReceiveSlot): Verdict {
  if (slot.packetType > LAST_OWN_PACKET_TYPE) return Verdict.NotForUs;
  const captured = slot.capturedLength as usize;
  const interfaceIndex = slot.interfaceIndex as u32;
  assert((captured as i32) <= RECEIVE_FRAME_CAPACITY);
  assert((interfaceIndex as i32) < INTERFACE_CAPACITY);
  if (captured < ethernet.HEADER_SIZE) return Verdict.NotCarp;
  const type = ethernet.rawType(frameOf(slot));
  const packet = packetOf(slot);
  let available = captured - ethernet.HEADER_SIZE;
  let header: usize;
  let payload: usize = carp.HEADER_SIZE;
  let summed: usize = carp.HEADER_SIZE;
  let hopLimit: u32;
  if (type == ethernet.swapped(ethernet.TYPE_IPV4)) {
    let length: usize = ipv4.HEADER_SIZE;
    if (available >= PLAIN_SIZE && ipv4.isPlain(packet, PLAIN_SIZE)) {
      if (!ipv4.hasValidChecksum(packet, ipv4.HEADER_SIZE)) return Verdict.BadIpChecksum;
    } else {
      length = ipv4.headerLength(packet, available);
      if (length == 0) return Verdict.NotCarp;
      if (ipv4.protocol(packet) != ipv4.PROTOCOL_CARP) return Verdict.NotCarp;
      if (!ipv4.hasValidChecksum(packet, length)) return Verdict.BadIpChecksum;
      if (ipv4.isFragment(packet)) return Verdict.Fragment;
      const total = ipv4.totalLength(packet);
      if (total < length) return Verdict.NotCarp;
      payload = total - length;
      summed = payload;
    }
    slot.family = 4;
    header = packet + length;
    available -= length;
    hopLimit = ipv4.timeToLive(packet);
  } else if (type == ethernet.swapped(ethernet.TYPE_IPV6)) {
    if (!ipv6.checkHeader(packet, available)) return Verdict.NotCarp;
    if (ipv6.nextHeader(packet) != ipv6.NEXT_HEADER_CARP) return Verdict.NotCarp;
    slot.family = 6;
    header = packet + ipv6.HEADER_SIZE;
    available -= ipv6.HEADER_SIZE;
    payload = ipv6.payloadLength(packet);
    hopLimit = ipv6.hopLimit(packet);
  } else {
    return Verdict.NotCarp;
  }
  if (!settings().allow) return Verdict.NotAllowed;
  if (!interfaceAt(interfaceIndex).inUse) return Verdict.BadInterface;
  if (payload > available) return Verdict.BadLength;
  if (payload < carp.SMALLEST_SIZE) return Verdict.BadLength;
  const vhid = carp.vhid(header);
  const index = lookUp(interfaceIndex, vhid);
  note(slot, index, header);
  const version = carp.version(header);
  if (version == carp.VERSION) {
    if (payload < carp.HEADER_SIZE) return Verdict.BadLength;
    if (!carp.isIntact(header, summed)) return Verdict.BadChecksum;
  } else if (version != carp.VERSION_VRRP3) {
    return Verdict.BadVersion;
  }
  if (index == NO_INSTANCE) return vhid == 0 && isVirtual(slot) ? Verdict.Loop : Verdict.BadVhid;
  const instance = instanceAt(index);
  if ((slot.family == 4 ? instance.count4 : instance.count6) == 0) return Verdict.BadVhid;
  if (version != carp.VERSION) return Verdict.BadVersion;
  if (hopLimit != HOP_LIMIT) {
    if (!isUnicast(instance, slot.family)) return Verdict.BadTtl;
  }
  return Verdict.Pending;
}

/** Whether the virtual host advertises to a peer in this family, and so hears one that may be far away. */
function isUnicast(instance: Instance, family: u8): bool {
  return (instance.flags & ((family == 4 ? InstanceFlag.Unicast4 : InstanceFlag.Unicast6) as u8)) != 0;
}

/** Whether the source is a virtual address of the interface on which the frame came in. */
function isVirtual(slot: ReceiveSlot): bool {
  const source = sourceOf(slot);
  for (let vhid: u32 = 1; vhid < 256; vhid++) {
    const instance = find(slot.interfaceIndex, vhid);
    if (instance != null && holds(instance, slot.family, source)) return true;
  }
  return false;
}

/** Notes who advertised what, and hands the comparison to the state machine. */
function act(instance: Instance, slot: ReceiveSlot): void {
  const header = headerOf(slot);
  instance.peerFamily = slot.family;
  instance.peerAdvbase = carp.advbase(header) as u8;
  instance.peerAdvskew = carp.advskew(header) as u8;
  instance.heardAt = settings().now;
  instance.counterReceived = counterOf(slot);
  const source = sourceOf(slot);
  instance.peerSourceLow = slot.family == 4 ? (load<u32>(source) as u64) : load<u64>(source);
  instance.peerSourceHigh = slot.family == 4 ? 0 : load<u64>(source, 8);
  countOddities(instance, slot);
  heard(instance, instance.peerAdvbase, instance.peerAdvskew);
}

/** Somebody uses this VHID with another key, or for other addresses; or attacks. */
function meetStranger(instance: Instance, slot: ReceiveSlot): void {
  const source = sourceOf(slot);
  const name = slot.family == 4 ? (load<u32>(source) as u64) : load<u64>(source) ^ load<u64>(source, 8);
  if (noteConflict(instance, name)) count(instance, Statistic.conflicts);
  countVrrp(instance, slot);
}

/** The virtual host that the frame is for, as far as that could be told, or null. */
function subject(slot: ReceiveSlot): Instance | null {
  if (slot.instance == NO_INSTANCE) return null;
  return instanceAt(slot.instance);
}
