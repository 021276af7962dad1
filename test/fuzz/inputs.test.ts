import { connect } from "node:net";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { formatProblems } from "../../host/config/check.ts";
import { readRcConf } from "../../host/config/rcconf.ts";
import { readChange, readSysctlName, readSysctlValue } from "../../host/control/bodies.ts";
import { OperatorError } from "../../host/errors.ts";
import { addressChange, decodeAddress } from "../../host/link/address-payload.ts";
import { decodeLink, macvlanCreation } from "../../host/link/link-payload.ts";
import {
  decodeError,
  decodeMessages,
  encodeMessage,
  RTM_NEWADDR,
  RTM_NEWLINK,
} from "../../host/link/messages.ts";
import { encodeCapture, readCapture } from "../../host/nic/pcap.ts";
import { serve } from "../control/support.ts";

/**
 * Whatever comes in from files, the control socket or the kernel: nothing but the documented error is thrown, nothing
 * hangs, nothing is half applied, and no pass phrase is told (reliability H18, H19, H22).
 */

const PASS = "S3CR3T-phrase";

/** Runs `act`, and lets through no error but the operator's; its words are returned, or undefined. */
function refused(act: () => unknown): string | undefined {
  try {
    act();
    return undefined;
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    return error.message;
  }
}

describe("rc.conf", () => {
  const words = fc.constantFrom(
    ...[
      "vhid",
      "1",
      "256",
      "advskew",
      "100",
      "advbase",
      "0",
      "alias",
      "inet",
      "inet6",
      "up",
      "state",
      "carpver",
    ],
    ...["192.168.1.50/32", "192.168.1.50-53/32", "2001:db8::1/64", "fe80::1%em0/64", "10.0.0.1", "netmask"],
    ...[
      "255.255.0.255",
      "0xffff0000",
      "prefixlen",
      "129",
      "#",
      "\\\n",
      "\n",
      '"',
      "'",
      "=",
      "+=",
      "$",
      "`",
      "\0",
    ],
  );
  const line = fc
    .tuple(
      fc.constantFrom(
        "ifconfig_em0_alias0",
        "ifconfig_em0_aliases",
        "ifconfig_carp0",
        "ifconfig_em0",
        "vhid_x",
      ),
      fc.array(words, { maxLength: 10 }),
      fc.constantFrom(
        ` pass ${PASS} `,
        ` pass "${PASS}`,
        ` pass ${PASS}${PASS}${PASS} `,
        `pass=${PASS}`,
        ` pass\t${PASS}`,
      ),
      fc.array(words, { maxLength: 8 }),
    )
    .map(([name, before, pass, after]) => `${name}="${before.join(" ")}${pass}${after.join(" ")}"\n`);

  test("is read or explained, whatever it holds, and no explanation has a pass phrase", () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(line, fc.string({ unit: "binary" })), { maxLength: 8 }), (lines) => {
        const { problems } = readRcConf(lines.join(""), "rc.conf", new Map([["em0", "eth0"]]));
        expect(JSON.stringify(problems) + formatProblems(problems)).not.toContain(PASS.slice(0, 6));
      }),
      { numRuns: 1500 },
    );
  });

  test.each([
    ["quotes", '"'],
    ["backslashes", "\\"],
    ["continued lines", "\\\n"],
    ["spaces", " "],
    ["the word pass", "pass "],
    ["pass and quotes", "pass '"],
    ["assignments", 'a="b"\n'],
    ["ranges", "inet vhid 1 10.0.0.1-254/32 "],
    ["zero bytes", "\0"],
    ["byte order marks", "\ufeff"],
  ])("of a hundred thousand %s does not hang", (_name, unit) => {
    const soup = unit.repeat(100_000 / unit.length);
    for (const text of [soup, `ifconfig_em0_aliases="${soup}`, `ifconfig_em0_alias0="vhid 1 ${soup}"\n`]) {
      const begun = performance.now();
      readRcConf(text, "rc.conf", new Map());
      expect(performance.now() - begun).toBeLessThan(10_000);
    }
  });
});

describe("captures", () => {
  const classic = encodeCapture([
    { timeNs: 1n, bytes: new Uint8Array(70).fill(7) },
    { timeNs: 2_000_000_000n, bytes: new Uint8Array(90).fill(9), wireLength: 2000 },
  ]);
  const next = Uint8Array.from(
    Buffer.from(
      "0a0d0d0a1c0000004d3c2b1a01000000ffffffffffffffff1c000000" +
        "0100000020000000010000000000040009000100090000000000000020000000" +
        "06000000240000000000000001000000020000000400000046000000aabbccdd24000000" +
        "030000001400000004000000aabbccdd14000000",
      "hex",
    ),
  );

  test("are two of frames that are read", () => {
    expect([...readCapture(classic, "x")]).toHaveLength(2);
    expect([...readCapture(next, "x")].map(({ capturedLength }) => capturedLength)).toEqual([4, 4]);
  });

  test("of any bytes end, within the file, in frames or an explanation", () => {
    const patch = fc.tuple(fc.nat(400), fc.constantFrom(0, 1, 3, 4, 6, 0x0a, 0x0d, 0x7f, 0x80, 0xff));
    const mutant = fc
      .tuple(fc.constantFrom(classic, next), fc.array(patch, { maxLength: 6 }), fc.nat(300))
      .map(([whole, patches, cut]) => {
        const bytes = whole.slice(0, Math.max(4, cut));
        for (const [at, value] of patches) bytes[at % bytes.length] = value;
        return bytes;
      });
    fc.assert(
      fc.property(fc.oneof(mutant, fc.uint8Array({ maxLength: 200 })), (file) => {
        let bytes = 0;
        refused(() => {
          for (const frame of readCapture(file, "x")) {
            bytes += frame.capturedLength + 1;
            expect(frame.bytes.length).toBe(frame.capturedLength);
            // A cooked or raw frame gets an Ethernet header of ours.
            expect(bytes).toBeLessThanOrEqual(file.length * 2);
          }
        });
      }),
      { numRuns: 3000 },
    );
  });
});

describe("netlink messages", () => {
  const address = { family: 6, address: "2001:db8::1", prefixLength: 64 } as const;
  const seeds = [
    encodeMessage(RTM_NEWADDR, 0, 7, addressChange(3, address)),
    encodeMessage(RTM_NEWLINK, 0, 8, macvlanCreation(2, "carp0", Uint8Array.of(2, 0, 0, 0, 0, 1))),
    encodeMessage(2, 0x200, 9, new Uint8Array(60).fill(3)),
  ];

  test("of any bytes are decoded within their datagram, or not at all", () => {
    const patch = fc.tuple(fc.nat(300), fc.integer({ min: 0, max: 255 }));
    const mutant = fc
      .tuple(fc.shuffledSubarray(seeds), fc.array(patch, { maxLength: 8 }), fc.nat(400))
      .map(([parts, patches, cut]) => {
        const bytes = Uint8Array.from(Buffer.concat(parts)).slice(0, cut);
        for (const [at, value] of patches) if (bytes.length > 0) bytes[at % bytes.length] = value;
        return bytes;
      });
    fc.assert(
      fc.property(fc.oneof(mutant, fc.uint8Array({ maxLength: 120 })), (datagram) => {
        const found = [...decodeMessages(datagram)];
        expect(found.reduce((sum, { payload }) => sum + 16 + payload.length, 0)).toBeLessThanOrEqual(
          datagram.length,
        );
        for (const message of found) {
          expect(Number.isInteger(decodeError(message).errno)).toBe(true);
          const link = decodeLink(message.payload);
          const held = decodeAddress(message.payload);
          expect(link?.mac.length ?? 0).toBeLessThanOrEqual(message.payload.length);
          if (held !== undefined)
            expect(held.address).toMatch(held.family === 4 ? /^[\d.]+$/ : /^[\da-f:.]+$/);
        }
      }),
      { numRuns: 3000 },
    );
  });
});

describe("control requests", () => {
  const value = fc.oneof(
    fc.jsonValue(),
    fc.constantFrom<unknown>(-1, 0, 1, 255, 256, 1e308, "MASTER", true, null, ["10.0.0.1/8"], ["::/0", 7]),
    fc.constantFrom<unknown>("ff".repeat(20), "ff".repeat(21), Buffer.from(PASS).toString("hex")),
  );
  const key = fc.constantFrom(
    "advbase",
    "advskew",
    "pass_hex",
    "state",
    "addresses",
    "remove",
    "value",
    "__proto__",
  );
  const body = fc.oneof(
    fc.jsonValue(),
    fc.array(fc.tuple(key, value), { maxLength: 6 }).map((entries) => Object.fromEntries(entries)),
  );

  test("are taken whole or refused in words that have no pass phrase", () => {
    const hex = Buffer.from(PASS).toString("hex");
    const name = fc.oneof(
      fc.string(),
      fc.constantFrom("net.inet.carp.preempt", "net.inet.carp.demotion", "a=b"),
    );
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.nat(300).map(String)), name, body, (vhid, sysctl, given) => {
        const words = [
          refused(() => {
            const change = readChange("eth0", vhid, given);
            expect(change.vhid >= 1 && change.vhid <= 255).toBe(true);
          }),
          refused(() => readSysctlName(sysctl)),
          refused(() => expect(Number.isSafeInteger(readSysctlValue(sysctl, given))).toBe(true)),
        ].join("\n");
        expect(words).not.toContain(hex);
        expect(words).not.toContain(PASS);
      }),
      { numRuns: 3000 },
    );
  });

  /** Says these bytes on a connection of their own, and returns what comes back until the other side ends it. */
  function say(path: string, ...parts: readonly (string | Uint8Array)[]): Promise<string> {
    return new Promise((resolve, reject) => {
      let answer = "";
      const socket = connect(path, () => {
        for (const part of parts) socket.write(part);
        socket.end();
      });
      socket.setTimeout(20_000, () => reject(new Error("no end")));
      // To be cut off while one still talks is an answer too.
      socket.on("error", () => undefined);
      socket.on("data", (data) => {
        answer += data.toString("latin1");
      });
      socket.on("close", () => resolve(answer));
    });
  }

  const patch = (text: string, path = "/v1/vhid/eth0/1") =>
    `PATCH ${path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: ${Buffer.byteLength(text)}\r\n\r\n${text}`;

  test("of any bytes get an answer or an end, and leave the node as it was", async () => {
    const { path, node, defects } = await serve();
    const noise = fc.oneof(
      fc.uint8Array({ maxLength: 300 }),
      fc.string({ unit: "binary", maxLength: 100 }).map((text) => patch(text)),
      fc.webPath().map((place) => patch("{}", `/v1${place}`)),
      fc.jsonValue().map((json) => patch(JSON.stringify(json)).slice(0, -1)),
    );
    await fc.assert(
      fc.asyncProperty(noise, async (bytes) => {
        const answer = await say(path, bytes);
        expect(answer).toMatch(/^(|HTTP\/1\.1 4\d\d .*)$/s);
      }),
      { numRuns: 200 },
    );
    expect(node.changes).toEqual([]);
    expect(defects).toEqual([]);
  });

  test("with a body are applied whole, once, or not at all", async () => {
    const { path, node, defects } = await serve();
    await fc.assert(
      fc.asyncProperty(body, async (given) => {
        const before = node.changes.length;
        const text = JSON.stringify(given);
        const answer = await say(path, patch(text));
        const expected = refused(() => readChange("eth0", "1", JSON.parse(text)));
        expect(answer).toMatch(expected === undefined ? /^HTTP\/1\.1 200 / : /^HTTP\/1\.1 400 /);
        expect(node.changes.length - before).toBe(expected === undefined ? 1 : 0);
        expect(answer).not.toContain(Buffer.from(PASS).toString("hex"));
      }),
      { numRuns: 200 },
    );
    expect(defects).toEqual([]);
  });

  test("of more than 64 KiB, in one piece or in many, or with a header without an end, are refused", async () => {
    const { path, node, defects } = await serve();
    const big = `{"pass_hex":"${"0".repeat(70_000)}"}`;
    expect(await say(path, patch(big))).toMatch(/^HTTP\/1\.1 400 .*a request has at most 65536 bytes/s);
    const head = "PATCH /v1/vhid/eth0/1 HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n";
    const chunk = `1000\r\n${"a".repeat(4096)}\r\n`;
    expect(await say(path, head, ...Array<string>(40).fill(chunk))).toMatch(/^HTTP\/1\.1 400 /);
    expect(await say(path, `GET / HTTP/1.1\r\nx: ${"y".repeat(40_000)}`)).toMatch(/^HTTP\/1\.1 431 /);
    expect(await say(path, "GET /v1/status HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")).toMatch(
      /^HTTP\/1\.1 200 /,
    );
    expect(node.changes).toEqual([]);
    expect(defects).toEqual([]);
  });
});
