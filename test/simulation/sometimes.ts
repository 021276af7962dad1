import { attackKinds, faultKinds } from "./plan.ts";

/**
 * What must have happened somewhere in a run of many seeds, or the run has shown less than it says: every kind of fault
 * and attack, every edge of the state table with its reason, every cell of state and event.
 */
export const sometimes: readonly string[] = [
  ...faultKinds.map((kind) => `fault ${kind}`),
  ...attackKinds.map((kind) => `attack ${kind}`),
  ...["frame lost", "frame lost in a burst", "frame duplicated", "frame reordered", "frame delayed"],
  ...["frame clogged", "the socket was full", "an address was taken", "an address was put back"],
  ...["restart with whole state", "restart with lost state", "restart with stale state"],
  ...["restart with torn state", "counters could not be known"],
  ...[
    "apply failed",
    "send error 105",
    "send error 100",
    "bow-out",
    "announcement",
    "advertisement compared",
  ],
  ...["freebsd", "openbsd", "netbsd", "ucarp"].flatMap((kind) => [
    `${kind} became master`,
    `${kind} yielded`,
  ]),
  "Init>Backup InitializationComplete",
  "Backup>Init HardwareInterfaceUp",
  "Backup>Init HardwareInterfaceDown",
  "Backup>Init NodeStopped",
  "Backup>Master MasterTimedOut",
  "Backup>Master PreemptingSlowerMaster",
  "Backup>Master MasterWillTimeOut",
  "Backup>Master UserRequested",
  "Master>Backup MoreFrequentAdvertisement",
  "Master>Backup UserRequested",
  "Master>Backup AddressNotHeld",
  "Master>Backup AdvertisementLate",
  "Master>Backup LeaseExpired",
  "a lease ran out",
  "Master>Init HardwareInterfaceUp",
  "Master>Init HardwareInterfaceDown",
  "Master>Init NodeStopped",
  ...["Init", "Backup", "Master"].flatMap((state) => [
    ...["better", "equal", "worse", "will time out"].map((rank) => `${state} × ${rank}`),
    ...["link", "addresses", "allow", "demote", "reload", "leave"].map((cause) => `${state} × ${cause}`),
    ...["state backup", "state master"].map((cause) => `${state} × ${cause}`),
  ]),
  ...["ReplaySuspected", "Resynchronized", "VhidConflict", "TwoMasters", "BowOutIgnored"].map(
    (notice) => `notice ${notice}`,
  ),
  ...["Backup", "Master"].flatMap((state) =>
    ["BadAuth", "BadTtl", "BadVhid", "BadLength", "BadVersion"].map((verdict) => `${state} × ${verdict}`),
  ),
  ...["Duplicate", "Stale", "Refreshed", "BadSource"].map((verdict) => `Backup × ${verdict}`),
  "Backup × applied",
  "Backup × apply failed",
  "Master × apply failed",
  "Backup × Reflected",
  "Master × Reflected",
  "Init × NotAllowed",
  ...[
    "AddressHeld",
    "AddressNotHeld",
    "InterfaceDown",
    "InterfaceUp",
    "SendError",
    "SendOk",
    "SendRetry",
    "Sysctl",
  ].map((reason) => `demotion ${reason}`),
];
