/** Known answers, to be checked before the first socket opens. */
import { SCRATCH_OFFSET } from "../abi.ts";
import { finish, HMAC_SCRATCH_SIZE, SAVED_SIZE, sameDigest, save } from "../crypto/hmac.ts";
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

/** 0 where every answer is right; else the number of the one that is not: 1 the HMAC, 2 the checksum. */
export function testKnownAnswers(): i32 {
  const saved = (SCRATCH_OFFSET as usize) + HMAC_SCRATCH_SIZE;
  const header = saved + SAVED_SIZE;
  store64(header, HEADER_START);
  store64(header + 8, COUNTER);
  save(saved, KEY, 8, PREFIX, 7, SCRATCH_OFFSET);
  finish(saved, header + 8, header + 16, SCRATCH_OFFSET);
  if (!sameDigest(header + 16, DIGEST)) return 1;
  if (checksum(header, 36) != CHECKSUM) return 2;
  return 0;
}
