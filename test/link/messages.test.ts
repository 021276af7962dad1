import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { addressChange, decodeAddress } from "../../host/link/address-payload.ts";
import {
  decodeAttributes,
  encodeAttributes,
  readText,
  readU32,
  text,
  u32,
} from "../../host/link/attributes.ts";
import { decodeLink, macvlanCreation } from "../../host/link/link-payload.ts";
import * as messages from "../../host/link/messages.ts";

describe("netlink attributes", () => {
  test("are aligned, nest, and come back", () => {
    const bytes = encodeAttributes([
      [3, text("em0")],
      [
        18,
        [
          [1, text("macvlan")],
          [2, [[1, u32(0x01020304)]]],
        ],
      ],
      [11, Uint8Array.of(112)],
    ]);
    expect(bytes.length).toBe(8 + 4 + 12 + 12 + 8);
    const outer = decodeAttributes(bytes);
    expect(readText(outer.get(3))).toBe("em0");
    expect([...outer.get(11)!]).toEqual([112]);
    const inner = decodeAttributes(outer.get(18)!);
    expect(readText(inner.get(1))).toBe("macvlan");
    expect(readU32(decodeAttributes(inner.get(2)!).get(1))).toBe(0x01020304);
    expect([readText(undefined), readU32(undefined, 7), readU32(Uint8Array.of(1), 7)]).toEqual(["", 7, 7]);
  });

  test("of a nested type are found without the flag in the type", () => {
    const bytes = encodeAttributes([[0x8000 | 18, u32(1)]]);
    expect(decodeAttributes(bytes).has(18)).toBe(true);
  });
});

describe("netlink messages", () => {
  test("have the layout that the kernel reads", () => {
    const address = { family: 4, address: "192.0.2.1", prefixLength: 24 } as const;
    const bytes = messages.encodeMessage(
      messages.RTM_NEWADDR,
      messages.NLM_F_ACK,
      7,
      addressChange(3, address),
    );
    expect(Buffer.from(bytes).toString("hex")).toBe(
      // nlmsghdr, ifaddrmsg, then IFA_LOCAL, IFA_ADDRESS and IFA_PROTO.
      "300000001400050007000000000000000218000003000000" +
        "08000200c0000201" +
        "08000100c0000201" +
        "05000b0070000000",
    );
    const [message] = messages.decodeMessages(bytes);
    expect(message).toMatchObject({ type: messages.RTM_NEWADDR, sequence: 7 });
    expect(decodeAddress(message.payload)).toEqual({
      ...address,
      index: 3,
      ours: true,
      scope: "global",
      tentative: false,
    });
  });

  test("of an error bring the kernel's explanation, with and without the request", () => {
    const explanation = encodeAttributes([[1, text("ipv4: Device not found")]]);
    const header = (length: number) => [...u32(length), 20, 0, 5, 0, ...u32(7), ...u32(0)];
    const error = (flags: number, body: number[]) => ({
      type: messages.NLMSG_ERROR,
      flags,
      sequence: 7,
      payload: Uint8Array.of(...u32(-19 >>> 0), ...body, ...explanation),
    });
    const expected = { errno: 19, explanation: "ipv4: Device not found" };
    expect(messages.decodeError(error(0x300, header(24)))).toEqual(expected);
    expect(messages.decodeError(error(0x200, [...header(24), ...Array(8).fill(9)]))).toEqual(expected);
    expect(messages.decodeError({ ...error(0x200, []), type: messages.NLMSG_DONE })).toEqual(expected);
    expect(messages.decodeError(error(0, header(16)))).toEqual({ errno: 19, explanation: "" });
  });

  test("however broken, are read without an exception", () => {
    const address = { family: 6, address: "2001:db8::1", prefixLength: 64 } as const;
    const seeds = [
      messages.encodeMessage(16, 0, 1, macvlanCreation(2, "carp2.1", Uint8Array.of(0, 0, 0x5e, 0, 1, 1))),
      messages.encodeMessage(20, 0, 1, addressChange(2, address)),
      messages.encodeMessage(2, 0x300, 1, new Uint8Array(40)),
    ];
    const changes = fc.array(fc.tuple(fc.nat(200), fc.nat(255)), { maxLength: 6 });
    fc.assert(
      fc.property(fc.constantFrom(...seeds), fc.nat(200), changes, (seed, cut, edits) => {
        const mutant = seed.slice(0, cut);
        for (const [offset, value] of edits) if (offset < mutant.length) mutant[offset] = value;
        for (const message of messages.decodeMessages(mutant)) {
          messages.decodeError(message);
          decodeLink(message.payload);
          decodeAddress(message.payload);
        }
      }),
    );
  });
});
