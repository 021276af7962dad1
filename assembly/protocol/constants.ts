/** The protocol's own numbers (protocol §5 to §8). What a host must know as well stands in abi.ts. */

export const NEVER: i64 = i64.MAX_VALUE;
export const SECOND: i64 = 1_000_000_000;

/** Advertisements of a lone master that may be lost before a backup takes over, plus one. */
export const DEAD_RATIO: u32 = 3;
/** The largest effective skew: FreeBSD clamps skew plus demotion here. */
export const LARGEST_SKEW: i32 = 240;
/** The largest configurable skew; 255 is the bow-out's. */
export const LARGEST_CONFIGURED_SKEW: u32 = 254;
export const BOW_OUT: u32 = 255;

/** Failures of sending that demote, and successes that take the demotion back. */
export const SEND_ERRORS_TO_DEMOTE: u8 = 3;
export const SEND_SUCCESSES_TO_RECOVER: u8 = 3;

/** When a backup, which does not send, takes the demotion on trial; doubled each time, up to the longest. */
export const SEND_RETRY: i64 = 10 * SECOND;
export const LONGEST_SEND_RETRY: i64 = 300 * SECOND;

/** Demotion while the addresses cannot be put in place. */
export const ADDRESS_DEMOTION: i32 = 240;
/** The longest wait between two attempts to put the addresses in place. */
export const LONGEST_RETRY: i64 = 60 * SECOND;
/** So often doubled, even the shortest master-down time is longer than that. */
export const MOST_DOUBLINGS: u8 = 13;

/** How often a new master announces its addresses: Linux neighbours ignore a change within 1 s of another. */
export const ANNOUNCEMENTS: u8 = 2;
export const ANNOUNCEMENT_GAP: i64 = 1_100_000_000;
/** At most one announcement in this time while a slower master is heard. */
export const REANNOUNCEMENT_GAP: i64 = SECOND;

/** The least by which a timer must be late for the host to be taken for one that did not run. */
export const LEAST_LATENESS: i64 = 250_000_000;

/** Notices of one kind for one virtual host are this far apart. */
export const BETWEEN_NOTICES: i64 = 30 * SECOND;

/** Packets of one source that are not authentic and make a conflict, and within which time. */
export const CONFLICT_PACKETS: u8 = 3;
export const CONFLICT_TIME: i64 = 10 * SECOND;

/** The largest random part of it after two equal masters have met, 1/8 s. */
export const LARGEST_TIE_JITTER: u64 = 125_000_000;

/** The largest random part of a master-down time, 1/512 s, which unties equal nodes. */
export const LARGEST_JITTER: u64 = 1_953_125;
