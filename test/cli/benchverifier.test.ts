import { expect, test } from "vitest";
import { JavaScriptVerifier, nodeCryptoHmac } from "../../host/cli/benchverifier.ts";
import { verdictWord } from "../../host/core/words.ts";
import { applicableVectors } from "../bench/vectors.ts";

test("the path in JavaScript judges as FreeBSD 15 does", () => {
  for (const { name, host, frame, verdict } of applicableVectors()) {
    const verifier = new JavaScriptVerifier([host], nodeCryptoHmac);
    expect(`${name} ${verdictWord(verifier.verify(frame))}`).toBe(`${name} ${verdict}`);
  }
});
