import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fromBytes, toBytes } from "../host/address.ts";

describe("addresses as bytes and text", () => {
  test.for([
    ["0.0.0.0", [0, 0, 0, 0]],
    ["192.0.2.255", [192, 0, 2, 255]],
    ["::", Array(16).fill(0)],
    ["::1", [...Array(15).fill(0), 1]],
    ["2001:db8::1:0:0:1", [0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1]],
    ["fe80::", [0xfe, 0x80, ...Array(14).fill(0)]],
    ["1:0:2::", [0, 1, 0, 0, 0, 2, ...Array(10).fill(0)]],
    ["1:2:3:4:5:6:0:8", [0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0, 0, 0, 8]],
    ["::ffff:192.0.2.1", [...Array(10).fill(0), 0xff, 0xff, 192, 0, 2, 1]],
  ] as const)("%s", ([text, bytes]) => {
    expect([...toBytes(text)]).toEqual(bytes);
    expect(fromBytes(Uint8Array.from(bytes))).toBe(text);
  });

  test("IPv6 text is what URLs use (RFC 5952), and comes back as the same bytes", () => {
    const byte = fc.oneof(fc.constant(0), fc.nat(255));
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 16, maxLength: 16 }),
        fc.array(byte, { minLength: 16, maxLength: 16 }),
        (a, b) => {
          for (const bytes of [a, Uint8Array.from(b)]) {
            const text = fromBytes(bytes);
            expect(toBytes(text)).toEqual(bytes);
            if (!text.includes(".")) expect(new URL(`http://[${text}]/`).hostname).toBe(`[${text}]`);
          }
        },
      ),
    );
  });
});
