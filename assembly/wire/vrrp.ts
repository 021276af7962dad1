/**
 * VRRP (RFC 3768 §5.1, RFC 5798 §5.1), as far as it takes to tell it from CARP, whose group and protocol number it
 * shares. Version 2 begins with the very byte that CARP begins with.
 *
 *     0          1      2          3        4                        8
 *     | ver|type | vrid | priority | count  | version 2: type, interval; 3: interval | checksum | addresses …
 */

const VERSION_2_ADVERTISEMENT: u8 = 0x21;
const VERSION_3_ADVERTISEMENT: u8 = 0x31;
/** Version 2: eight bytes of header and eight of authentication data around the addresses. */
const FIXED_SIZE_2: usize = 16;

/** Whether the `length` bytes, at least four, are of the shape of a VRRP advertisement. */
export function isVrrp(header: usize, length: usize): bool {
  const first = load<u8>(header);
  if (first == VERSION_3_ADVERTISEMENT) return true;
  return first == VERSION_2_ADVERTISEMENT && length == FIXED_SIZE_2 + 4 * (load<u8>(header, 3) as usize);
}
