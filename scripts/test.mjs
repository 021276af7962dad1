// Runs the tests, then names every skipped one with its reason, then the sum in one line. Arguments go to vitest.
// Without root the tests run in a user namespace where one is to be had: those that build a network need it.
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const marker = "CARP_TEST_NAMESPACE";
const enter = ["--user", "--map-root-user", "--net", "--mount", "--"];

if (process.getuid?.() !== 0 && process.platform === "linux" && canEnter()) {
  const argv = [...enter, process.execPath, ...process.argv.slice(1)];
  process.exitCode = await run("unshare", argv, { [marker]: "1" });
} else {
  if (process.env[marker] !== undefined) furnish();
  process.exitCode = await test();
}

async function test() {
  const folder = mkdtempSync(join(tmpdir(), "carp-test-"));
  const report = join(folder, "report.json");
  try {
    const argv = [join(root, "node_modules/vitest/vitest.mjs"), "run", "--reporter=default"];
    const reporter = `--reporter=${join(root, "scripts/test-report.mjs")}`;
    const environment = { CARP_TEST_REPORT: report };
    const code = await run(process.execPath, [...argv, reporter, ...process.argv.slice(2)], environment);
    const { passed, failed, skipped } = readReport(report);
    for (const { name, reason } of skipped) console.log(`skipped: ${name}: ${reason}`);
    console.log(`${passed} passed, ${failed} failed, ${skipped.length} skipped`);
    return code !== 0 ? code : failed === 0 ? 0 : 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function readReport(file) {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return { passed: 0, failed: 1, skipped: [] };
  }
}

function canEnter() {
  return spawnSync("unshare", [...enter, "ip", "link", "set", "lo", "up"]).status === 0;
}

/** What a new namespace lacks: loopback, and a /run in which `ip netns` may write. */
function furnish() {
  spawnSync("ip", ["link", "set", "lo", "up"]);
  spawnSync("mount", ["-t", "tmpfs", "tmpfs", "/run"]);
}

function run(program, argv, environment) {
  const child = spawn(program, argv, {
    cwd: root,
    stdio: "inherit",
    env: { ...process.env, ...environment },
  });
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code) => resolve(code ?? 1));
  });
}
