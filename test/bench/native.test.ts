import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { compileNative, compilerVersion, nativeNames, startNative } from "../../bench/native.mjs";
import { verdictWord } from "../../host/core/words.ts";
import { requireOrSkip } from "../support/require.ts";
import { applicableVectors } from "./vectors.ts";

const folder = mkdtempSync(join(tmpdir(), "carp-native-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("the native variants", () => {
  it("judge as FreeBSD 15 does, alone and in a batch", async ({ skip }) => {
    requireOrSkip(compilerVersion() !== undefined, "there is no C compiler", skip);
    const native = await startNative(compileNative(folder));
    try {
      expect(Object.keys(nativeNames)).toEqual(expect.arrayContaining([...native.variants]));
      for (const variant of native.variants) {
        for (const { name, host, frame, verdict } of applicableVectors()) {
          await native.setHost(host);
          await native.setFrames(Array.from({ length: 5 }, () => frame));
          const words = (await native.verdicts(variant, 5)).map(verdictWord);
          expect(`${variant} ${name} ${words}`).toBe(`${variant} ${name} ${Array(5).fill(verdict)}`);
          // The next vector's virtual host may have another VHID: this one must not stay.
          await native.removeHost(host.vhid);
        }
      }
      expect(await native.time("scalar", 5, 2)).toBeGreaterThan(0);
    } finally {
      native.stop();
    }
  });
});
