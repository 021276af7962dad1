/**
 * The one description of the boundary between the core and whoever hosts it: version, capacities, memory map,
 * record layouts and enums. Both compilers read this file, so neither side can drift. It imports nothing.
 *
 * Offsets and sizes are bytes; integers in records are little-endian, as WebAssembly has them; frames keep
 * network order. Times are monotonic nanoseconds.
 */

export const ABI_VERSION = 2;

// Capacities. Every loop of the core is bounded by one of them.

export const INTERFACE_CAPACITY = 16;
/** 255 virtual hosts on each interface; VHID 0 does not exist. */
export const INSTANCE_CAPACITY = 4080;
/** Virtual addresses of one family in one virtual host. */
export const ADDRESS_CAPACITY = 64;
/** Counters of our own that a reflection is recognised by. */
export const SENT_COUNTER_CAPACITY = 4096;
/** Counters of others that a replay is recognised by. */
export const SEEN_COUNTER_CAPACITY = 4096;
export const KEY_CAPACITY = 20;
export const RECEIVE_CAPACITY = 1024;
export const TRANSMIT_CAPACITY = 256;
export const EVENT_CAPACITY = 16384;

/** A deadline that never comes: the largest i64. Only the core compares with it; hosts see it from pollTimeout. */
export const NO_INSTANCE = 0xffff;

// Enums.

/** The state of a virtual host, numbered as FreeBSD's (protocol §6.1). */
export enum State {
  Init = 0,
  Backup = 1,
  Master = 2,
}

/** Why a virtual host changed its state; the words are FreeBSD's where FreeBSD has them (protocol §9.4). */
export enum Reason {
  None = 0,
  InitializationComplete = 1,
  HardwareInterfaceUp = 2,
  HardwareInterfaceDown = 3,
  MoreFrequentAdvertisement = 4,
  PreemptingSlowerMaster = 5,
  MasterWillTimeOut = 6,
  MasterTimedOut = 7,
  UserRequested = 8,
  AddressNotHeld = 9,
  NodeStopped = 10,
  /** A master found itself later than half a master-down time: others may have taken over meanwhile. */
  AdvertisementLate = 11,
  /** The kernel has taken the addresses away, because their lease was not renewed in time. */
  LeaseExpired = 12,
}

/** Why the demotion changed (protocol §7.1). */
export enum DemotionReason {
  InterfaceDown = 0,
  InterfaceUp = 1,
  VhidRemoved = 2,
  Sysctl = 3,
  SendError = 4,
  SendOk = 5,
  AddressNotHeld = 6,
  AddressHeld = 7,
  /** A backup cannot see whether sending works again, so it is tried. */
  SendRetry = 8,
  /** A backup is not asked for the addresses, so they are tried when it is. */
  AddressRetry = 9,
}

/** What became of a received frame. A drop is its counter (protocol §3.1, FreeBSD 15's order of checks). */
export enum Verdict {
  Ok = 0,
  /** Not judged yet. */
  Pending = 1,
  /** Neither IPv4 nor IPv6 protocol 112. */
  NotCarp = 2,
  /** The frame is another host's, or our own on its way out. */
  NotForUs = 3,
  Fragment = 4,
  BadIpChecksum = 5,
  /** `net.inet.carp.allow` is 0. */
  NotAllowed = 6,
  BadInterface = 7,
  BadLength = 8,
  BadVersion = 9,
  BadChecksum = 10,
  BadVhid = 11,
  /** VHID 0 from one of our own virtual addresses. */
  Loop = 12,
  BadTtl = 13,
  BadAuth = 14,
  /** A counter that this virtual host has sent itself. */
  Reflected = 15,
  /** Authentic, but from an address that nobody else can have: our own, loopback, multicast, unspecified. */
  BadSource = 16,
  /** Authentic, but its counter was heard before, in strict mode. */
  Duplicate = 17,
  /** Authentic, but its counter is outside the window of strict mode. */
  Stale = 18,
  /** The same, while nobody is heard inside the window: a backup goes on waiting, and nothing else happens. */
  Refreshed = 19,
}

/** What the host asks of the core, in the command record. */
export enum Command {
  /** Interface `interface`: flags, MAC and source addresses are the record's. */
  SetInterface = 1,
  RemoveInterface = 2,
  /** Creates virtual host `vhid` on `interface`, or changes the parameters that `fields` names. */
  SetVirtualHost = 3,
  /** Gives it the record's addresses in place of those it has; with none it goes to INIT. */
  SetAddresses = 4,
  RemoveVirtualHost = 5,
  /** The operator's `state backup` or `state master`; `value` is a State. */
  SetState = 6,
  /** `value` for the Option in `fields`. */
  SetOption = 7,
  /** Adds `value` to the demotion, as a write to the sysctl does. */
  AddDemotion = 8,
  /** The answer to an Apply event: the addresses are in place. */
  Applied = 9,
  /** They could not be put in place, or could not be kept there. */
  ApplyFailed = 10,
  /** Leaves politely: a master bows out with 255/255 and the virtual host rests in INIT. */
  Leave = 11,
  /** The lease of the addresses ran out: a master is BACKUP, silently. */
  LeaseExpired = 12,
  /** No counter that is sent from now on is below `entropy`, from which they go on with the clock. */
  AdvanceCounters = 13,
}

/** Which parameters a SetVirtualHost command carries (bits of `fields`). */
export enum Field {
  Advbase = 1,
  Advskew = 2,
  Key = 4,
  Flags = 8,
  Entropy = 16,
}

/** Host-wide options, `net.inet.carp.*` (protocol §9.1). */
export enum Option {
  Allow = 1,
  Preempt = 2,
  Dscp = 3,
  IfdownDemotionFactor = 4,
  SenderrDemotionFactor = 5,
  /** What is done about counters that were heard before: a Replay. */
  Replay = 6,
  /** In strict mode, how many seconds a counter may differ from the clock; 0 is any number. */
  Freshness = 7,
  /** 1 where the addresses have a lease, which Renew events keep alive. */
  Lease = 8,
}

/** What is done about advertisements whose counters were heard before, or are out of order. */
export enum Replay {
  Off = 0,
  /** Accepts and counts them, and tells of those that have changed. */
  Log = 1,
  /** Drops them, where every peer's counters can be ordered. */
  Strict = 2,
}

/** What the counters of a virtual host's peers are like, as far as the last four tell (protocol §4). */
export enum CounterClass {
  Unknown = 0,
  /** Always the same: OpenBSD. */
  Constant = 1,
  /** One more with each advertisement: FreeBSD, NetBSD and ucarp that have heard somebody. */
  Incrementing = 2,
  /** A clock's: this node's kind. */
  Time = 3,
  /** FreeBSD, NetBSD and ucarp that have heard nobody. */
  Random = 4,
}

/** How a virtual host stands to strict mode. */
export enum Strictness {
  /** Four counters of its peers are to be heard first. */
  Learning = 0,
  Enforcing = 1,
  /** Peers whose counters cannot be ordered: as in log mode, until there have been none for an hour. */
  Lenient = 2,
}

/** The answer to a command. */
export enum CommandResult {
  Ok = 0,
  UnknownCommand = 1,
  NoSuchInterface = 2,
  NoSuchVirtualHost = 3,
  VhidOutOfRange = 4,
  TooManyAddresses = 5,
  KeyTooLong = 6,
  AdvbaseOutOfRange = 7,
  AdvskewOutOfRange = 8,
  NotExpected = 9,
  ValueOutOfRange = 10,
}

/** What the core reports to the host, in the order in which it happened. */
export enum Event {
  /** Put the addresses in place, then answer Applied or ApplyFailed. The state is still BACKUP. */
  Apply = 1,
  /** Take the addresses away. */
  Withdraw = 2,
  /** The state changed: from, to, reason and the advertisement that decided, if one did. */
  Transition = 3,
  /** The demotion changed by `delta` to `total`. */
  Demotion = 4,
  /** Renew the lease of the addresses. */
  Renew = 5,
  /** Something that people should know: a Notice in `reason`, and the advertisement that caused it. */
  Notice = 6,
}

/** What a Notice event tells; each kind comes once in thirty seconds for a virtual host at most. */
export enum Notice {
  /** A counter was heard again with another interval or from another source. */
  ReplaySuspected = 1,
  /** Strict mode follows a peer whose counters have jumped. */
  Resynchronized = 2,
  /** Strict mode is not enforced beside a peer whose counters cannot be ordered. */
  IncompatiblePeer = 3,
  /** Three packets of one source within ten seconds that are not authentic: another key or another cluster. */
  VhidConflict = 4,
  /** A master has heard another, slower one for longer than that should take to step down. */
  TwoMasters = 5,
  /** A bow-out that came too soon after one that was believed. */
  BowOutIgnored = 6,
}

/** What a frame in the transmit ring is. */
export enum FrameKind {
  Advertisement4 = 1,
  Advertisement6 = 2,
  ArpRequest = 3,
  ArpReply = 4,
  NeighborAdvertisement = 5,
}

/** Flags of an interface. A virtual host runs where Up and Carrier are both set (protocol §6.1 "runnable"). */
export enum InterfaceFlag {
  Up = 1,
  Carrier = 2,
  /** Advertisements leave with the interface's own MAC, where a virtual one is forbidden. */
  OwnSourceMac = 4,
}

/** Flags of a virtual host. */
export enum InstanceFlag {
  /** The virtual MAC answers for the addresses, and announcements carry it. */
  VirtualMac = 1,
  /** Advertisements go to an IPv4 (IPv6) peer, so the TTL of what arrives is not checked (protocol §3.1). */
  Unicast4 = 2,
  Unicast6 = 4,
}

// Statistics: FreeBSD's carpstats, 64 bits each, in its order (protocol §3.2), then ours.

export enum Statistic {
  ipackets = 0,
  ipackets6 = 1,
  badif = 2,
  badttl = 3,
  hdrops = 4,
  badsum = 5,
  badver = 6,
  badlen = 7,
  badauth = 8,
  badvhid = 9,
  badaddrs = 10,
  opackets = 11,
  opackets6 = 12,
  onomem = 13,
  ostates = 14,
  preempt = 15,
  reflected = 16,
  senderrors = 17,
  /** Counters heard again with another interval or from another source. */
  replaysuspects = 18,
  duplicates = 19,
  stale = 20,
  refreshes = 21,
  resyncs = 22,
  /** Advertisements with advbase 0 and advskew 0. */
  zerointervals = 23,
  /** VRRP of either version, which shares CARP's group and protocol number. */
  vrrp = 24,
  /** Accepted with bytes behind the CARP header. */
  trailing = 25,
  /** Accepted with another type or authentication length than CARP's. */
  oddheaders = 26,
  /** Times that a master stepped down because it was late. */
  latesteps = 27,
  /** Times that one source sent three packets in ten seconds that are not authentic. */
  conflicts = 28,
}

export const STATISTIC_COUNT = 29;
export const STATISTICS_SIZE = STATISTIC_COUNT * 8;

// Settings: host-wide values that the core keeps and a host may read.

export const SETTINGS_NOW = 0; // i64
export const SETTINGS_COUNTER_BASE = 8; // u64, UTC at time 0 as 32.32 fixed point seconds
export const SETTINGS_DEMOTION = 16; // i32
export const SETTINGS_IFDOWN_FACTOR = 20; // i32
export const SETTINGS_SENDERR_FACTOR = 24; // i32
export const SETTINGS_ALLOW = 28; // u8
export const SETTINGS_PREEMPT = 29; // u8
export const SETTINGS_DSCP = 30; // u8
export const SETTINGS_REPLAY = 31; // u8, Replay
export const SETTINGS_COUNTER_LARGEST = 32; // u64, the largest counter sent so far
export const SETTINGS_FRESHNESS = 48; // u32, seconds
export const SETTINGS_LEASE = 52; // u8
export const SETTINGS_SIZE = 128;

// Interface record.

export const INTERFACE_IN_USE = 0; // u8
export const INTERFACE_FLAGS = 1; // u8, InterfaceFlag
export const INTERFACE_MAC = 2; // 6 bytes
export const INTERFACE_SOURCE4 = 8; // 4 bytes, 0.0.0.0 where it has no address
export const INTERFACE_SOURCE6 = 16; // 16 bytes, :: where it has no address
export const INTERFACE_SIZE = 64;

// Instance record: one virtual host. What is not named here is the core's own affair.

export const INSTANCE_IN_USE = 0; // u8
export const INSTANCE_STATE = 1; // u8, State
export const INSTANCE_INTERFACE = 2; // u8
export const INSTANCE_VHID = 3; // u8
export const INSTANCE_ADVBASE = 4; // u8, seconds; 0 only with an advskew
export const INSTANCE_ADVSKEW = 5; // u8, 1/256 s
export const INSTANCE_FLAGS = 6; // u8, InstanceFlag
export const INSTANCE_PROMOTING = 8; // u8, 1 while an Apply waits for its answer
export const INSTANCE_COUNT4 = 12; // u16
export const INSTANCE_COUNT6 = 14; // u16
export const INSTANCE_MASTER_DOWN_DEADLINE = 16; // i64
export const INSTANCE_ADVERTISE_DEADLINE = 24; // i64
export const INSTANCE_SINCE = 64; // i64, when the state was entered
export const INSTANCE_LAST_FROM = 72; // u8, State
export const INSTANCE_LAST_TO = 73; // u8, State
export const INSTANCE_LAST_REASON = 74; // u8, Reason
export const INSTANCE_TRANSITIONS = 76; // u32
export const INSTANCE_PEER_FAMILY = 80; // u8: 4, 6, or 0 while nobody was heard
export const INSTANCE_PEER_ADVBASE = 81; // u8
export const INSTANCE_PEER_ADVSKEW = 82; // u8
export const INSTANCE_HEARD_AT = 88; // i64
export const INSTANCE_PEER_SOURCE = 96; // 16 bytes; an IPv4 address is the first four
export const INSTANCE_PEER_COUNTER = 112; // u64
export const INSTANCE_CONFLICT = 248; // 24 bytes: who has sent what is not authentic, since when, how often
export const INSTANCE_ADDRESSES4 = 512; // 4 bytes each, ascending
export const INSTANCE_ADDRESSES6 = 768; // 16 bytes each, ascending
export const INSTANCE_STATISTICS = 1792; // STATISTICS_SIZE bytes
export const INSTANCE_REPLAY = 2048; // what is known of the peers' counters
export const INSTANCE_COUNTER_CLASS = 2048; // u8, CounterClass
export const INSTANCE_STRICTNESS = 2049; // u8, Strictness
export const INSTANCE_COUNTER_CLASS_SINCE = 2056; // i64
export const INSTANCE_NOTICES = 2144; // 48 bytes: an i64 each, when each kind of Notice was last given; 0 is never
/** An odd multiple of a cache line, so that equal fields of neighbours do not fall into one cache set. */
export const INSTANCE_SIZE = 2240;

// Counter record: one for each instance, apart from it because it is large. The core's own affair.

export const COUNTERS_SENT = 0; // u64 each, ascending, a ring
export const COUNTERS_SEEN = SENT_COUNTER_CAPACITY * 8; // u64 each, a table
export const COUNTERS_SIZE = COUNTERS_SEEN + SEEN_COUNTER_CAPACITY * 8;

// Receive slot: a descriptor that the host fills, then the frame.

export const RECEIVE_CAPTURED_LENGTH = 0; // u16
export const RECEIVE_WIRE_LENGTH = 2; // u16
export const RECEIVE_INTERFACE = 4; // u8
export const RECEIVE_PACKET_TYPE = 5; // u8, as packet(7): 0 host, 1 broadcast, 2 multicast, 3 other host, 4 outgoing
export const RECEIVE_VERDICT = 6; // u8, Verdict, written by the core
export const RECEIVE_FAMILY = 7; // u8: 4 or 6, written by the core
export const RECEIVE_INSTANCE = 8; // u16, written by the core; NO_INSTANCE where none was found
export const RECEIVE_CARP_OFFSET = 10; // u16, offset of the CARP header in the frame, written by the core
export const RECEIVE_FRAME = 32;
export const RECEIVE_FRAME_CAPACITY = 288;
export const RECEIVE_SLOT_SIZE = 320;

// Transmit slot.

export const TRANSMIT_LENGTH = 0; // u16
export const TRANSMIT_INTERFACE = 2; // u8
export const TRANSMIT_KIND = 3; // u8, FrameKind
export const TRANSMIT_INSTANCE = 4; // u16
export const TRANSMIT_ERRNO = 8; // i32, 0 or the error of sending, written by the host before handleSent
export const TRANSMIT_FRAME = 16;
export const TRANSMIT_SLOT_SIZE = 128;

// Event record.

export const EVENT_KIND = 0; // u8, Event
export const EVENT_REASON = 1; // u8, Reason or DemotionReason
export const EVENT_FROM = 2; // u8, State
export const EVENT_TO = 3; // u8, State
export const EVENT_INSTANCE = 4; // u16, NO_INSTANCE where the event is the host's
export const EVENT_INTERFACE = 6; // u8
export const EVENT_VHID = 7; // u8
export const EVENT_TIME = 8; // i64
export const EVENT_DELTA = 16; // i32
export const EVENT_TOTAL = 20; // i32
export const EVENT_PEER_FAMILY = 24; // u8
export const EVENT_PEER_ADVBASE = 25; // u8
export const EVENT_PEER_ADVSKEW = 26; // u8
export const EVENT_OWN_ADVSKEW = 27; // u8, with the demotion in it
export const EVENT_LATENESS = 28; // u32, microseconds by which the timer was late that decided
export const EVENT_PEER_SOURCE = 32; // 16 bytes
export const EVENT_HEARD_AT = 48; // i64, when the peer was heard
export const EVENT_PEER_COUNTER = 56; // u64
export const EVENT_SIZE = 64;

// Command record.

export const COMMAND_KIND = 0; // u8, Command
export const COMMAND_INTERFACE = 1; // u8
export const COMMAND_VHID = 2; // u8
export const COMMAND_FLAGS = 3; // u8, InterfaceFlag or InstanceFlag
export const COMMAND_FIELDS = 4; // u32, Field bits or an Option
export const COMMAND_VALUE = 8; // i32
export const COMMAND_ADVBASE = 12; // u8
export const COMMAND_ADVSKEW = 13; // u8
export const COMMAND_KEY_LENGTH = 14; // u8
export const COMMAND_COUNT4 = 16; // u16
export const COMMAND_COUNT6 = 18; // u16
export const COMMAND_ENTROPY = 24; // u64
export const COMMAND_KEY = 32; // 20 bytes, wiped by the core
export const COMMAND_MAC = 56; // 6 bytes
export const COMMAND_SOURCE4 = 64; // 4 bytes
export const COMMAND_SOURCE6 = 80; // 16 bytes
export const COMMAND_ADDRESSES4 = 96; // 4 bytes each, in any order
export const COMMAND_ADDRESSES6 = 352; // 16 bytes each
export const COMMAND_SIZE = 1408;

// Memory map. The compiler's static data begins at STATIC_DATA_OFFSET (asconfig.json says it too); the counters
// lie behind it, so that a host which has few virtual hosts never touches most of the memory.

export const SETTINGS_OFFSET = 1024;
export const STATISTICS_OFFSET = SETTINGS_OFFSET + SETTINGS_SIZE;
export const COMMAND_OFFSET = 2048;
export const INTERFACES_OFFSET = 4096;
/** u16 per interface and VHID: the instance's index plus one, or 0. */
export const LOOKUP_OFFSET = INTERFACES_OFFSET + INTERFACE_CAPACITY * INTERFACE_SIZE;
/** u16 each: the instances ordered by their next deadline, a binary heap. */
export const HEAP_OFFSET = LOOKUP_OFFSET + INTERFACE_CAPACITY * 256 * 2;
/** u16 each: the instances that have something to send, a ring. */
export const OUTBOX_OFFSET = HEAP_OFFSET + 8192;
export const SCRATCH_OFFSET = OUTBOX_OFFSET + 8192;
export const SCRATCH_SIZE = 4096;
/** Where eight HMACs are computed side by side. */
export const LANES_OFFSET = SCRATCH_OFFSET + SCRATCH_SIZE;
export const LANES_SIZE = 6144;
/** u32 each: the slots whose candidates lie in the lanes. */
export const WAITING_OFFSET = LANES_OFFSET + LANES_SIZE;
export const WAITING_SIZE = 32;
export const RECEIVE_OFFSET = 65536;
export const TRANSMIT_OFFSET = RECEIVE_OFFSET + RECEIVE_CAPACITY * RECEIVE_SLOT_SIZE;
export const EVENTS_OFFSET = TRANSMIT_OFFSET + TRANSMIT_CAPACITY * TRANSMIT_SLOT_SIZE;
export const INSTANCES_OFFSET = EVENTS_OFFSET + EVENT_CAPACITY * EVENT_SIZE;
export const STATIC_DATA_OFFSET = 10616832;
/** The counter record of each instance, in their order. */
export const COUNTERS_OFFSET = 10682368;
/** Pages of 64 KiB; the memory never grows. */
export const MEMORY_PAGES = 4243;
