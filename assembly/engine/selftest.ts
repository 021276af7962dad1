/** Known answers, to be checked before the first socket opens. */
import { LANES_OFFSET, SCRATCH_OFFSET } from "../abi.ts";
import { finish, HMAC_SCRATCH_SIZE, SAVED_SIZE, sameDigest, save } from "../crypto/hmac.ts";
import {
  fillLane,
  finishLanes,
  forgetLanes,
  matchingLanes,
  placeMessage,
  prepareLanes,
} from "../crypto/hmac-lanes.ts";
import { LANES } from "../crypto/sha1-lanes.ts";
import { store64 } from "../memory/bytes.ts";
import { checksum } from "../wire/checksum.ts";

/** The worked example A of protocol §2.4: key, prefix, counter, digest, and the header with its checksum. */
const KEY = memory.data<u8>([0x74, 0x65, 0x73, 0x74, 0x70, 0x61, 0x73, 0x73]);
const PREFIX = memory.data<u8>([0x02, 0x01, 0x01, 0xc0, 0xa8, 0x01, 0x32]);
const DIGEST = memory.data<u8>([
  0x8a, 0x28, 0x72, 0x2b, 0x25, 0x00, 0x12, 0xcc, 0x26, 0x4d, 0xc3, 0xff, 0x60, 0x44, 0xf7, 0x56, 0x68, 0xe5,
  0xd2, 0x9d,
]);
const COUNTER: u64 = 0x0123456789abcdef;
const HEADER_START: u64 = 0x2101640700010000;
const CHECKSUM: u32 = 0x2b45;
/** The prefix of an instance without addresses, and the longest whose tail is one block. */
const SHORTEST_PREFIX: usize = 3;
const LONGEST_SHORT_PREFIX: usize = 47;

const SAVED: usize = (SCRATCH_OFFSET as usize) + HMAC_SCRATCH_SIZE;
const HEADER: usize = SAVED + SAVED_SIZE;
const SUFFIXES: usize = HEADER + 64;
const DIGESTS: usize = SUFFIXES + 64;

/** 0 where every answer is right; else the number of what is not: 1 the HMAC, 2 the checksum, 3 the eight lanes. */
export function testKnownAnswers(): i32 {
  store64(HEADER, HEADER_START);
  store64(HEADER + 8, COUNTER);
  save(SAVED, KEY, 8, PREFIX, 7, SCRATCH_OFFSET);
  finish(SAVED, HEADER + 8, HEADER + 16, SCRATCH_OFFSET);
  if (!sameDigest(HEADER + 16, DIGEST)) return 1;
  if (checksum(HEADER, 36) != CHECKSUM) return 2;
  if (ASC_FEATURE_SIMD && !testLanes()) return 3;
  return 0;
}

/** The lanes agree with the scalar code for every length of prefix and a suffix of each lane's own, and tell a bad one. */
function testLanes(): bool {
  prepareLanes(LANES_OFFSET);
  for (let length = SHORTEST_PREFIX; length <= LONGEST_SHORT_PREFIX; length += 4) {
    // What the prefix consists of does not matter: it is the bytes of this module's own constants.
    save(SAVED, KEY, 8, PREFIX, length, SCRATCH_OFFSET);
    // The digest of one lane, another for each length, is wrong in one bit: of each of its words in turn.
    const round = (length >> 2) as u32;
    const bad = round & 7;
    const wrongByte = ((8 * round) % 20) as usize;
    for (let lane: u32 = 0; lane < LANES; lane++) {
      const suffix = SUFFIXES + ((lane as usize) << 3);
      const digest = DIGESTS + (lane as usize) * 20;
      store64(suffix, COUNTER * (length + lane + 1));
      finish(SAVED, suffix, digest, SCRATCH_OFFSET);
      if (lane == bad) store<u8>(digest + wrongByte, load<u8>(digest + wrongByte) ^ 1);
      fillLane(LANES_OFFSET, lane, SAVED);
      placeMessage(LANES_OFFSET, lane, suffix, digest);
    }
    finishLanes(LANES_OFFSET);
    const matching = matchingLanes(LANES_OFFSET);
    forgetLanes(LANES_OFFSET, SAVED);
    if (matching != (0xff ^ (1 << bad))) return false;
  }
  return true;
}
