/** A frame that the packet filter takes for CARP: IPv4 to 224.0.0.18 with protocol 112, or the IPv6 like. */
export function carpFrame({ family = 4, length = 70, vhid = 1, target = "group" } = {}): Uint8Array {
  const frame = new Uint8Array(length);
  frame.set(family === 4 ? [0x01, 0, 0x5e, 0, 0, 0x12] : [0x33, 0x33, 0, 0, 0, 0x12], 0);
  if (target === "broadcast") frame.fill(0xff, 0, 6);
  if (target === "other") frame.set([2, 0, 0, 0, 0, 99], 0);
  frame.set([0, 0, 0x5e, 0, 1, vhid], 6);
  if (family === 4) {
    frame.set([0x08, 0x00, 0x45, 0xe0, 0, length - 14, 0, 0, 0x40, 0, 255, 112, 0, 0], 12);
    frame.set([10, 0, 0, 1, 224, 0, 0, 18, 0x21, vhid, 0, 7], 26);
  } else {
    frame.set([0x86, 0xdd, 0x60, 0, 0, 0, 0, length - 54, 112, 255], 12);
    frame.set([0xfe, 0x80], 22);
    frame.set([0xff, 2], 38);
    frame[53] = 0x12;
    frame.set([0x21, vhid, 0, 7], 54);
  }
  return frame;
}

/** The frame with an 802.1Q tag. */
export function tagged(frame: Uint8Array, vlan: number): Uint8Array {
  const result = new Uint8Array(frame.length + 4);
  result.set(frame.subarray(0, 12), 0);
  result.set([0x81, 0x00, vlan >> 8, vlan & 0xff], 12);
  result.set(frame.subarray(12), 16);
  return result;
}
