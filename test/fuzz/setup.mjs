// What the fuzz targets work with: interfaces and virtual hosts, so chosen that every length of the message to be
// digested up to three blocks, both families alone and together, and every reason to refuse a frame is there.

const range = (count, make) => Array.from({ length: count }, (_, index) => make(index));
const v4 = (text) => text.split(".").map(Number);
const v6 = (...groups) => groups.flatMap((group) => [group >> 8, group & 0xff]);
const documentation = (last) => v6(0x2001, 0xdb8, 0, 0, 0, 0, 0, last);

/** Interface 2 has no carrier, so its virtual host is in INIT; interface 3 is none of ours. */
export const interfaces = [
  { index: 0, hasCarrier: true },
  { index: 1, hasCarrier: true },
  { index: 2, hasCarrier: false },
];

/** Virtual hosts in the order in which they are made, which is the order of the core's instances. */
export const hosts = [
  host(0, 1, "testpass", [v4("192.168.1.50")]),
  host(0, 2, "", [v4("10.0.0.9"), documentation(2)], { unicast4: true, unicast6: true, advskew: 100 }),
  host(0, 3, "mekmitasdigoat", [documentation(3), v6(0xfe80, 0, 0, 0, 0x200, 0x5eff, 0xfe00, 0x103)]),
  host(
    0,
    7,
    "0123456789abcdefghij",
    range(11, (i) => v4(`10.7.0.${200 - i}`)),
  ),
  host(0, 200, "0123456789abcdefghi", [
    ...range(40, (i) => v4(`10.1.${i >> 4}.${((i * 37) % 251) + 1}`)),
    ...range(5, documentation),
  ]),
  host(1, 1, "another", [v4("192.168.1.50"), documentation(1)], { advbase: 2, advskew: 30 }),
  host(1, 9, "nothing", []),
  host(2, 1, "testpass", [v4("192.168.1.50")]),
];

function host(interfaceIndex, vhid, key, addresses, more = {}) {
  const { unicast4 = false, unicast6 = false, advbase = 1, advskew = 0 } = more;
  return {
    interfaceIndex,
    vhid,
    key: [...Buffer.from(key)],
    addresses,
    unicast4,
    unicast6,
    advbase,
    advskew,
  };
}
