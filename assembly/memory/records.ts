/**
 * The records of the memory map as classes without a header: a pointer is the record. `abi.ts` is the source;
 * a field that moved is a compile error here.
 */
import {
  COMMAND_ADDRESSES4,
  COMMAND_ADDRESSES6,
  COMMAND_OFFSET,
  COUNTERS_OFFSET,
  COUNTERS_SIZE,
  EVENT_HEARD_AT,
  EVENT_PEER_ADVSKEW,
  EVENT_SIZE,
  EVENT_TOTAL,
  EVENTS_OFFSET,
  HEAP_OFFSET,
  INSTANCE_CAPACITY,
  INSTANCE_CONFLICT,
  INSTANCE_COUNT6,
  INSTANCE_COUNTER_CLASS_SINCE,
  INSTANCE_HEARD_AT,
  INSTANCE_LAST_REASON,
  INSTANCE_MASTER_DOWN_DEADLINE,
  INSTANCE_NOTICES,
  INSTANCE_PEER_ADVSKEW,
  INSTANCE_PEER_COUNTER,
  INSTANCE_PROMOTING,
  INSTANCE_REPLAY,
  INSTANCE_SINCE,
  INSTANCE_SIZE,
  INSTANCE_STATISTICS,
  INSTANCE_TRANSITIONS,
  INSTANCES_OFFSET,
  INTERFACE_SIZE,
  INTERFACES_OFFSET,
  LOOKUP_OFFSET,
  MEMORY_PAGES,
  NO_INSTANCE,
  Notice,
  RECEIVE_CARP_OFFSET,
  RECEIVE_INSTANCE,
  RECEIVE_OFFSET,
  RECEIVE_SLOT_SIZE,
  RECEIVE_VERDICT,
  SETTINGS_COUNTER_LARGEST,
  SETTINGS_LEASE,
  SETTINGS_OFFSET,
  SETTINGS_REPLAY,
  SETTINGS_SIZE,
  STATIC_DATA_OFFSET,
  STATISTICS_SIZE,
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
  replay: u8;
  /** The largest counter that any virtual host has sent. */
  counterLargest: u64;
  /** How far the counters that are sent are ahead of the clock. */
  counterShift: u64;
  freshness: u32;
  lease: u8;
  unused1: u8;
  unused2: u16;
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
  /** Between two advertisements, where the lease would be over soon after the second. */
  renewDeadline: i64;
  renewedAt: i64;
  /** When the demotion for failing sends is taken back on trial. */
  retrySendDeadline: i64;
  /** Until then nobody is taken over from but a master that has timed out, because the link has just come back. */
  holdUntil: i64;
  /** When a bow-out was last believed. */
  bowOutAt: i64;
  /** Since when a slower master is heard while this one is MASTER. */
  rivalSince: i64;
  rivalHeardAt: i64;
  /** Until then a master that is better than this host is known to live. */
  betterUntil: i64;
  betterSource: u64;
  /** How far this virtual host's counters are ahead of those of the others of this node. */
  counterShift: u64;
  /** Microseconds by which the timer was late that decides about the next transition. */
  lateness: u32;
  sendRetries: u8;
  /** There is a time of a rival, of a bow-out: 0 would be a time as well. */
  hasRival: u8;
  hasBowedOut: u8;
  /** Of the source that last sent what is not authentic: what stands for it, since when, and how often. */
  conflictSource: u64;
  conflictSince: i64;
  conflictCount: u8;
}

/** What is known of the counters of a virtual host's peers (protocol/replay). */
@unmanaged
export class PeerCounters {
  class: u8;
  strictness: u8;
  recentCount: u8;
  staleCount: u8;
  /** There is something in the table of counters seen. */
  hasSeen: u8;
  /** One inside the window was heard, and its time is `acceptedAt`; the same of a resynchronization. */
  hasAccepted: u8;
  hasResynchronized: u8;
  /** The last authentic counter was heard before, of peers who have a new one for each advertisement. */
  isRepeated: u8;
  classSince: i64;
  /** The last four different counters, the newest first. */
  recent0: u64;
  recent1: u64;
  recent2: u64;
  recent3: u64;
  /** When the newest of them was heard. */
  freshAt: i64;
  /** The largest counter accepted. */
  highWater: u64;
  acceptedAt: i64;
  resynchronizedAt: i64;
  staleCounter: u64;
  staleAt: i64;
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
  ownAdvskew: u8;
  lateness: u32;
  peerSourceLow: u64;
  peerSourceHigh: u64;
  heardAt: i64;
  peerCounter: u64;
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

export function peerCountersOf(instance: Instance): PeerCounters {
  return changetype<PeerCounters>(changetype<usize>(instance) + INSTANCE_REPLAY);
}

/** Where the instance's counter record is: COUNTERS_SIZE bytes. */
export function countersOf(instance: Instance): usize {
  return (COUNTERS_OFFSET as usize) + (indexOf(instance) as usize) * COUNTERS_SIZE;
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
if (offsetof<Settings>("replay") != SETTINGS_REPLAY) ERROR("Settings and abi.ts differ: replay");
if (offsetof<Settings>("counterLargest") != SETTINGS_COUNTER_LARGEST)
  ERROR("Settings and abi.ts differ: counterLargest");
if (offsetof<Settings>("lease") != SETTINGS_LEASE) ERROR("Settings and abi.ts differ: lease");
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
if (offsetof<Instance>("counterReceived") != INSTANCE_PEER_COUNTER)
  ERROR("Instance and abi.ts differ: counterReceived");
if (offsetof<Instance>("conflictSource") != INSTANCE_CONFLICT)
  ERROR("Instance and abi.ts differ: conflictSource");
if ((offsetof<Instance>() as usize) > INSTANCE_HMAC) ERROR("Instance reaches into its HMAC");
if (INSTANCE_NOTICES + 8 * Notice.BowOutIgnored > INSTANCE_SIZE)
  ERROR("the notices reach into the next instance");
if (INSTANCE_STATISTICS + STATISTICS_SIZE > INSTANCE_REPLAY) ERROR("the statistics reach into the counters");
if (INSTANCE_REPLAY + (offsetof<PeerCounters>() as i32) > INSTANCE_NOTICES)
  ERROR("PeerCounters is too large");
if (INSTANCE_REPLAY + (offsetof<PeerCounters>("classSince") as i32) != INSTANCE_COUNTER_CLASS_SINCE)
  ERROR("PeerCounters and abi.ts differ: classSince");
if (COUNTERS_OFFSET + INSTANCE_CAPACITY * COUNTERS_SIZE != MEMORY_PAGES * 65536)
  ERROR("the counters do not fill the memory");
if (offsetof<ReceiveSlot>("carpOffset") != RECEIVE_CARP_OFFSET) ERROR("ReceiveSlot and abi.ts differ");
if (offsetof<TransmitSlot>("errno") != TRANSMIT_ERRNO) ERROR("TransmitSlot and abi.ts differ");
if (offsetof<EventRecord>("total") != EVENT_TOTAL) ERROR("EventRecord and abi.ts differ: total");
if (offsetof<EventRecord>("peerAdvskew") != EVENT_PEER_ADVSKEW)
  ERROR("EventRecord and abi.ts differ: peerAdvskew");
if (offsetof<EventRecord>("heardAt") != EVENT_HEARD_AT) ERROR("EventRecord and abi.ts differ: heardAt");
if ((offsetof<EventRecord>() as i32) > EVENT_SIZE) ERROR("EventRecord is larger than its size");
if (COMMAND_ADDRESSES6 - COMMAND_ADDRESSES4 != 256) ERROR("the command's addresses overlap");
if (INSTANCES_OFFSET + INSTANCE_CAPACITY * INSTANCE_SIZE > STATIC_DATA_OFFSET)
  ERROR("the memory map overlaps");
