/**
 * The records of the memory map as classes without a header: a pointer is the record. `abi.ts` is the source;
 * a field that moved is a compile error here.
 */
import {
  COMMAND_ADDRESSES4,
  COMMAND_ADDRESSES6,
  COMMAND_OFFSET,
  EVENT_PEER_ADVSKEW,
  EVENT_SIZE,
  EVENT_TOTAL,
  EVENTS_OFFSET,
  HEAP_OFFSET,
  INSTANCE_CAPACITY,
  INSTANCE_COUNT6,
  INSTANCE_HEARD_AT,
  INSTANCE_LAST_REASON,
  INSTANCE_MASTER_DOWN_DEADLINE,
  INSTANCE_PEER_ADVSKEW,
  INSTANCE_PROMOTING,
  INSTANCE_SINCE,
  INSTANCE_SIZE,
  INSTANCE_TRANSITIONS,
  INSTANCES_OFFSET,
  INTERFACE_SIZE,
  INTERFACES_OFFSET,
  LOOKUP_OFFSET,
  NO_INSTANCE,
  RECEIVE_CARP_OFFSET,
  RECEIVE_INSTANCE,
  RECEIVE_OFFSET,
  RECEIVE_SLOT_SIZE,
  RECEIVE_VERDICT,
  SETTINGS_DSCP,
  SETTINGS_OFFSET,
  SETTINGS_SIZE,
  STATIC_DATA_OFFSET,
  TRANSMIT_ERRNO,
  TRANSMIT_OFFSET,
  TRANSMIT_SLOT_SIZE,
} from "../abi.ts";

/** Host-wide values. There is one record of it. */
@unmanaged
export class Settings {
  now: i64;
  counterBase: u64;
  demotion: i32;
  ifdownFactor: i32;
  senderrFactor: i32;
  allow: u8;
  preempt: u8;
  dscp: u8;
  unused: u8;
  /** Instances in use, which is also the length of the heap. */
  instanceCount: u32;
  /** No instance at or above this index was ever used. */
  instanceLimit: u32;
  outboxHead: u32;
  outboxCount: u32;
  eventCount: u32;
  /** The demotion changed, and the masters have not been told to advertise yet. */
  demotionChanged: u32;
}

@unmanaged
export class Interface {
  inUse: u8;
  flags: u8;
  // Six bytes of MAC, four of IPv4 source, sixteen of IPv6 source follow, reached by their offsets.
}

/** One virtual host. Fields that the host reads come first in their groups; arrays are reached by offset. */
@unmanaged
export class Instance {
  inUse: u8;
  state: u8;
  interfaceIndex: u8;
  vhid: u8;
  advbase: u8;
  advskew: u8;
  flags: u8;
  /** What waits to be sent: bits of Pending (engine/transmit). */
  pending: u8;
  promoting: u8;
  promotionReason: u8;
  /** The interface-down demotion of this virtual host is in the sum. */
  suppressed: u8;
  /** It is in the outbox already. */
  queued: u8;
  count4: u16;
  count6: u16;
  masterDownDeadline: i64;
  advertiseDeadline: i64;
  announceDeadline: i64;
  /** Until then no promotion is tried, because the last apply failed. */
  retryDeadline: i64;
  /** The earliest of its timers: the key of the heap. */
  deadline: i64;
  heapPosition: u16;
  /** The next announcement to compose, counted over all addresses. */
  announceCursor: u16;
  announcementsLeft: u8;
  applyFailures: u8;
  applyDemoted: u8;
  sendErrors: u8;
  since: i64;
  lastFrom: u8;
  lastTo: u8;
  lastReason: u8;
  sendSuccesses: u8;
  transitions: u32;
  peerFamily: u8;
  peerAdvbase: u8;
  peerAdvskew: u8;
  keyLength: u8;
  /** How many own counters are known, and where the next goes, of the ring. */
  sentCount: u16;
  sentNext: u16;
  heardAt: i64;
  peerSourceLow: u64;
  peerSourceHigh: u64;
  counterReceived: u64;
  counterSent: u64;
  random: u64;
  announcedAt: i64;
  /** The low 16 bits of every counter that this virtual host sends. */
  counterTag: u32;
  /** What this virtual host's dead interface, and its failing sends, have added to the demotion. */
  suppressedBy: i32;
  sendErrorsBy: i32;
}

/** The authenticator of an instance: what its HMAC needs for every packet, saved once (protocol §2.1). */
export const INSTANCE_HMAC: usize = 304; // SAVED_SIZE bytes, laid out by crypto/hmac
export const INSTANCE_KEY: usize = 480; // KEY_CAPACITY bytes

@unmanaged
export class ReceiveSlot {
  capturedLength: u16;
  wireLength: u16;
  interfaceIndex: u8;
  packetType: u8;
  verdict: u8;
  family: u8;
  instance: u16;
  carpOffset: u16;
}

@unmanaged
export class TransmitSlot {
  length: u16;
  interfaceIndex: u8;
  kind: u8;
  instance: u16;
  unused: u16;
  errno: i32;
}

@unmanaged
export class EventRecord {
  kind: u8;
  reason: u8;
  from: u8;
  to: u8;
  instance: u16;
  interfaceIndex: u8;
  vhid: u8;
  time: i64;
  delta: i32;
  total: i32;
  peerFamily: u8;
  peerAdvbase: u8;
  peerAdvskew: u8;
  unused1: u8;
  unused2: u32;
  peerSourceLow: u64;
  peerSourceHigh: u64;
}

@unmanaged
export class CommandRecord {
  kind: u8;
  interfaceIndex: u8;
  vhid: u8;
  flags: u8;
  fields: u32;
  value: i32;
  advbase: u8;
  advskew: u8;
  keyLength: u8;
  unused1: u8;
  count4: u16;
  count6: u16;
  unused2: u32;
  entropy: u64;
}

export function settings(): Settings {
  return changetype<Settings>(SETTINGS_OFFSET as usize);
}

export function commandRecord(): CommandRecord {
  return changetype<CommandRecord>(COMMAND_OFFSET as usize);
}

export function interfaceAt(index: u32): Interface {
  return changetype<Interface>((INTERFACES_OFFSET as usize) + (index as usize) * INTERFACE_SIZE);
}

export function instanceAt(index: u32): Instance {
  return changetype<Instance>((INSTANCES_OFFSET as usize) + (index as usize) * INSTANCE_SIZE);
}

export function indexOf(instance: Instance): u32 {
  return ((changetype<usize>(instance) - (INSTANCES_OFFSET as usize)) / INSTANCE_SIZE) as u32;
}

/** The instance of that VHID on that interface, or NO_INSTANCE. */
export function lookUp(interfaceIndex: u32, vhid: u32): u32 {
  const entry = load<u16>((LOOKUP_OFFSET as usize) + (((interfaceIndex << 8) | vhid) << 1)) as u32;
  return entry == 0 ? NO_INSTANCE : entry - 1;
}

export function setLookUp(interfaceIndex: u32, vhid: u32, index: u32): void {
  const entry = index == NO_INSTANCE ? 0 : index + 1;
  store<u16>((LOOKUP_OFFSET as usize) + (((interfaceIndex << 8) | vhid) << 1), entry as u16);
}

export function receiveSlotAt(slot: u32): ReceiveSlot {
  return changetype<ReceiveSlot>((RECEIVE_OFFSET as usize) + (slot as usize) * RECEIVE_SLOT_SIZE);
}

/** Takes back what the core has written into a slot: no verdict, family, instance or header is known. */
export function clear(slot: ReceiveSlot): void {
  store<u16>(changetype<usize>(slot), 0, RECEIVE_VERDICT);
  store<u32>(changetype<usize>(slot), NO_INSTANCE, RECEIVE_INSTANCE);
}

export function transmitSlotAt(slot: u32): TransmitSlot {
  return changetype<TransmitSlot>((TRANSMIT_OFFSET as usize) + (slot as usize) * TRANSMIT_SLOT_SIZE);
}

export function eventAt(index: u32): EventRecord {
  return changetype<EventRecord>((EVENTS_OFFSET as usize) + (index as usize) * EVENT_SIZE);
}

export function heapAt(position: u32): u32 {
  return load<u16>((HEAP_OFFSET as usize) + ((position as usize) << 1)) as u32;
}

export function setHeapAt(position: u32, index: u32): void {
  store<u16>((HEAP_OFFSET as usize) + ((position as usize) << 1), index as u16);
}

if ((offsetof<Settings>() as i32) > SETTINGS_SIZE) ERROR("Settings is larger than its size");
if (offsetof<Settings>("dscp") != SETTINGS_DSCP) ERROR("Settings and abi.ts differ");
if (offsetof<Instance>("promoting") != INSTANCE_PROMOTING) ERROR("Instance and abi.ts differ: promoting");
if (offsetof<Instance>("count6") != INSTANCE_COUNT6) ERROR("Instance and abi.ts differ: count6");
if (offsetof<Instance>("masterDownDeadline") != INSTANCE_MASTER_DOWN_DEADLINE)
  ERROR("Instance and abi.ts differ: masterDownDeadline");
if (offsetof<Instance>("since") != INSTANCE_SINCE) ERROR("Instance and abi.ts differ: since");
if (offsetof<Instance>("lastReason") != INSTANCE_LAST_REASON) ERROR("Instance and abi.ts differ: lastReason");
if (offsetof<Instance>("transitions") != INSTANCE_TRANSITIONS)
  ERROR("Instance and abi.ts differ: transitions");
if (offsetof<Instance>("peerAdvskew") != INSTANCE_PEER_ADVSKEW)
  ERROR("Instance and abi.ts differ: peerAdvskew");
if (offsetof<Instance>("heardAt") != INSTANCE_HEARD_AT) ERROR("Instance and abi.ts differ: heardAt");
if (offsetof<Instance>() > 160) ERROR("Instance reaches into its statistics");
if (offsetof<ReceiveSlot>("carpOffset") != RECEIVE_CARP_OFFSET) ERROR("ReceiveSlot and abi.ts differ");
if (offsetof<TransmitSlot>("errno") != TRANSMIT_ERRNO) ERROR("TransmitSlot and abi.ts differ");
if (offsetof<EventRecord>("total") != EVENT_TOTAL) ERROR("EventRecord and abi.ts differ: total");
if (offsetof<EventRecord>("peerAdvskew") != EVENT_PEER_ADVSKEW)
  ERROR("EventRecord and abi.ts differ: peerAdvskew");
if ((offsetof<EventRecord>() as i32) > EVENT_SIZE) ERROR("EventRecord is larger than its size");
if (COMMAND_ADDRESSES6 - COMMAND_ADDRESSES4 != 256) ERROR("the command's addresses overlap");
if (INSTANCES_OFFSET + INSTANCE_CAPACITY * INSTANCE_SIZE > STATIC_DATA_OFFSET)
  ERROR("the memory map overlaps");
