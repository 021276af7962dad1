import { describe, expect, it } from "vitest";
import { codeOf, filesBelow, functionsOf, hasCode, importsOf } from "./sources.ts";

describe("importsOf", () => {
  it("finds every form, on several lines too, and what is left at run time", () => {
    const text = `import { a, type B } from "./a.ts";
import type { C } from "../link/link.ts";
import { type D, type E } from "node:fs";
import * as all from "../nic/nic.ts";
import {
  f,
  g,
} from "../../assembly/abi.ts";
import "./effect.ts";
export { h } from "./h.ts";
const late = await import("./late.ts");
const thread = new URL("./thread.ts", import.meta.url);
`;
    const found = importsOf("host/node/x.ts", text);
    expect(found.map(({ target, isTypeOnly }) => `${target}${isTypeOnly ? " types" : ""}`)).toEqual([
      "host/node/a.ts",
      "host/link/link.ts types",
      "node:fs types",
      "host/nic/nic.ts",
      "assembly/abi.ts",
      "host/node/h.ts",
      "host/node/effect.ts",
      "host/node/late.ts",
      "host/node/thread.ts",
    ]);
    expect(found.map(({ names }) => names.join())).toEqual([
      "a",
      "",
      "",
      "* as all",
      "f,g",
      "h",
      "*",
      "*",
      "*",
    ]);
  });

  it("does not take a comment for one", () => {
    expect(
      importsOf("host/x.ts", `// import { a } from "./a.ts";\n/*\nimport { b } from "./b.ts";\n*/\n`),
    ).toEqual([]);
  });
});

it("codeOf leaves out comments and what strings say, and keeps the lines", () => {
  const text = `const a = "Date.now()"; // Date.now()
/* Date.now()
   any */ call(\`two
lines\`);
real();`;
  expect(codeOf(text)).toEqual(['const a = ""; ', "", " call(``", ");", "real();"]);
});

describe("functionsOf", () => {
  it("measures functions, arrow functions and methods, and takes no call for one", () => {
    const text = `export function one(): void {
  first();
  second(
    1,
  );
}

export const two = (a: number) => {
  return a;
};

class Three {
  private async four(
    a: number,
  ): Promise<void> {
    if (a) {
      call();
    }
  }

  five(): number {
    return 5;
  }
}

interface Six {
  seven(
    a: number,
  ): number;
}
`;
    expect(functionsOf(text)).toEqual([
      { name: "one", line: 1, length: 6 },
      { name: "two", line: 8, length: 3 },
      { name: "four", line: 13, length: 7 },
      { name: "five", line: 21, length: 3 },
    ]);
  });
});

describe("hasCode", () => {
  it.each([
    ["types", 'import type { A } from "./a.ts";\n/** const */\nexport interface B {\n  a: A;\n}\n', false],
    ["a gathering", 'export { a, type B } from "./a.ts";\n', false],
    ["a constant", "export const a = 1;\n", true],
    ["an enum", "export enum A {\n  B = 0,\n}\n", true],
    ["a program", 'import { run } from "./run.ts";\nprocess.exitCode = 1;\n', true],
    ["a call", "await run();\n", true],
  ])("%s", (_name, text, expected) => {
    expect(hasCode(text)).toBe(expected);
  });
});

it("filesBelow lists what the project keeps", () => {
  const files = filesBelow(".");
  expect(files).toContain("test/support/sources.test.ts");
  expect(files).toContain("package.json");
  expect(files.filter((path) => /^(node_modules|build|\.git)\//.test(path))).toEqual([]);
  expect(filesBelow("assembly").every((path) => path.startsWith("assembly/"))).toBe(true);
});
