import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { instantiateRevectorized } from "../../host/core/revectorize.ts";

it("falls back with a warning where V8 has no such flag", () => {
  const { exports, warning } = instantiateRevectorized(1, 20);
  expect(warning).toMatch(/needs Node 24 or newer.*running without it/);
  expect(exports.selftest()).toBe(0);
  expect(exports.laneCount()).toBe(8);
});

/** V8's flags are for a whole process, so one of its own looks at what they do. */
it("judges as without it, after its code was optimised too, or says why it does not run so", async () => {
  const built = (path: string) => new URL(`../../build/host/${path}.js`, import.meta.url).href;
  const program = `
    import { coreLoadOf } from "${built("cli/benchload")}";
    import { instantiateRevectorized } from "${built("core/revectorize")}";
    const { exports, warning } = instantiateRevectorized(100);
    coreLoadOf("core", exports).run();
    console.log(JSON.stringify({ warning, selftest: exports.selftest() }));`;
  const argv = ["--input-type=module", "--eval", program];
  const { stdout } = await promisify(execFile)(process.execPath, argv, {
    cwd: fileURLToPath(new URL("../..", import.meta.url)),
  });
  const { warning, selftest } = JSON.parse(stdout);
  expect(selftest).toBe(0);
  if (Number(process.versions.node.split(".")[0]) < 24) expect(warning).toMatch(/needs Node 24/);
  else expect(warning).toBeUndefined();
});
