/**
 * The file of a recorded run: a header, then one entry after another, numbers little-endian. It may end anywhere, as a
 * file does whose writer was killed; whole entries count.
 *
 *     header    "carp-run", format u16, ABI version u16
 *     Named     interface u8, length u8, name
 *     Reset     now i64, counter base u64
 *     Frames    now i64, count u16, then of each frame: captured length u16, wire length u16, interface u8, packet type u8,
 *               and the captured bytes
 *     Timeout   now i64
 *     Command   now i64, the command record up to its key, the key's length 0; then for SetInterface what follows the key,
 *               and for SetAddresses the addresses
 *     Sent      now i64, count u16, failures u16, then of each: slot u16, errno i32
 *     Composed  count u16
 *     Renewed   nothing: the call before trapped, and a new instance begins
 *     Events    count u16 of transitions, then their event records
 */
export const runMagic = "carp-run";
export const runFormat = 1;
export const runHeaderLength = 12;

export enum Entry {
  Named = 1,
  Reset = 2,
  Frames = 3,
  Timeout = 4,
  Command = 5,
  Sent = 6,
  Composed = 7,
  Events = 8,
  Renewed = 9,
}
