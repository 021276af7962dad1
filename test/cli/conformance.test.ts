import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { temporaryDirectory } from "../control/support.ts";
import { run } from "./support.ts";

const file = fileURLToPath(new URL("../vectors/vectors.json", import.meta.url));

interface Entry {
  readonly name: string;
  readonly expect_by: { readonly freebsd15: string };
}

test("every one of the 182 vectors gets FreeBSD 15's verdict", async () => {
  const entries = JSON.parse(readFileSync(file, "utf8")) as readonly Entry[];
  expect(entries).toHaveLength(182);
  const { code, out, err } = await run(["conformance", file]);
  expect({ code, err }).toEqual({ code: 0, err: "" });
  expect(out.trimEnd().split("\n")).toEqual(
    entries.map((entry) => `${entry.name} ${entry.expect_by.freebsd15}`),
  );
});

test("with other keys, addresses or VHIDs the good ones are bad", async () => {
  const entries = JSON.parse(readFileSync(file, "utf8")) as Record<string, unknown>[];
  const good = entries.filter(({ name }) => name === "pub-ok-v4-1addr");
  const changed = [
    { ...good[0], name: "key", key: "00ff" },
    { ...good[0], name: "address", addresses_v4: ["10.0.0.1"] },
    { ...good[0], name: "vhid", vhid: 61 },
    { ...good[0], name: "family", addresses_v4: [], addresses_v6: ["2001:db8::1"] },
  ];
  const path = join(temporaryDirectory(), "vectors.json");
  writeFileSync(path, JSON.stringify(changed));
  expect((await run(["conformance", path])).out).toBe(
    "key bad auth\naddress bad auth\nvhid bad vhid\nfamily bad vhid\n",
  );
});

const entry = { name: "a", vhid: 1, key: "", addresses_v4: [], addresses_v6: [], frame_hex: "" };

test.each([
  ["{", /: it is not JSON \(/],
  ["{}", /: it is no JSON array of vectors\n$/],
  ["[1]", /: vector 1: it is no JSON object\n$/],
  [JSON.stringify([entry, { ...entry, name: undefined }]), /: vector 2: name is no word\n$/],
  [JSON.stringify([{ ...entry, vhid: 256 }]), /: vector 1 \(a\): vhid is no number of 1..255\n$/],
  [JSON.stringify([{ ...entry, key: "0" }]), /: vector 1 \(a\): key is no text of hexadecimal digits\n$/],
  [JSON.stringify([{ ...entry, key: "00".repeat(21) }]), /: a: a pass phrase has at most 20 bytes\n$/],
  [JSON.stringify([{ ...entry, frame_hex: undefined }]), /: vector 1 \(a\): frame_hex is no text of/],
  [
    JSON.stringify([{ ...entry, addresses_v6: ["x"] }]),
    /: addresses_v6 has something that is no IP address\n$/,
  ],
])("%s is one clear error", async (text, err) => {
  const path = join(temporaryDirectory(), "vectors.json");
  writeFileSync(path, text);
  const outcome = await run(["conformance", path]);
  expect(outcome).toMatchObject({ code: 1, out: "", err: expect.stringMatching(err) });
  expect(outcome.err.split("\n")).toHaveLength(2);
});

test("a frame that is too long for a slot is judged by what fits", async () => {
  const path = join(temporaryDirectory(), "vectors.json");
  writeFileSync(path, JSON.stringify([{ ...entry, frame_hex: "00".repeat(2000) }]));
  expect((await run(["conformance", path])).out).toBe("a not carp\n");
});
