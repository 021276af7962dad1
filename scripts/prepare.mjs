// Installs what is missing and builds what is out of date, so that `npm start` and `npm test` need no other step.
// Flags: --rebuild builds even when nothing has changed; --quiet keeps stdout empty.
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const inRoot = (...parts) => join(root, ...parts);
const quiet = process.argv.includes("--quiet");
const rebuild = process.argv.includes("--rebuild");
const stampFile = inRoot("build", ".stamp");
const lockFile = inRoot(".tmp", "prepare.lock");

checkNode();
await lock();
try {
  if (!isInstalled()) await run("npm ci", npmCommand(["ci", "--no-audit", "--no-fund"]));
  if (rebuild || !isBuilt()) await build();
} catch (error) {
  process.stderr.write(`prepare: ${error.message}\n`);
  process.exitCode = 1;
} finally {
  rmSync(lockFile, { force: true });
}

function checkNode() {
  const [major, minor] = process.versions.node.split(".").map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  process.stderr.write(`prepare: Node 20.19 or newer is needed, this is ${process.version}\n`);
  process.exit(1);
}

/** Every package of the lock file that is not optional is there, in that version. */
function isInstalled() {
  const wanted = readJson(inRoot("package-lock.json"))?.packages ?? {};
  const present = readJson(inRoot("node_modules", ".package-lock.json"))?.packages ?? {};
  return Object.entries(wanted).every(([path, { version, optional, devOptional }]) => {
    if (path === "") return true;
    const found = present[path];
    if (found === undefined) return optional === true || devOptional === true;
    return found.version === version && existsSync(inRoot(path));
  });
}

function isBuilt() {
  return existsSync(stampFile) && readFileSync(stampFile, "utf8") === fingerprint();
}

async function build() {
  mkdirSync(inRoot("build"), { recursive: true });
  rmSync(stampFile, { force: true });
  const before = fingerprint();
  for (const [target, { entries = [] }] of Object.entries(readJson(inRoot("asconfig.json"))?.targets ?? {})) {
    const argv = [
      inRoot("node_modules/assemblyscript/bin/asc.js"),
      ...entries, // asc itself takes entries for all targets alike
      "--config",
      "asconfig.json",
      "--target",
      target,
    ];
    await run(`asc ${target}`, [process.execPath, ...argv]);
  }
  await run("tsc", [process.execPath, inRoot("node_modules/typescript/bin/tsc"), "-p", "tsconfig.json"]);
  if (existsSync(inRoot("scripts/generate-abi.mjs"))) {
    await run("abi", [process.execPath, inRoot("scripts/generate-abi.mjs")]);
  }
  writeFileSync(stampFile, before);
}

/** Changes when a source or a setting is changed, added or removed. */
function fingerprint() {
  const hash = createHash("sha256");
  const files = ["asconfig.json", "tsconfig.json", "package-lock.json", "assembly", "host", "scripts"];
  for (const file of files.flatMap(filesUnder)) {
    const { mtimeMs, size } = statSync(inRoot(file));
    hash.update(`${file} ${size} ${mtimeMs}\n`);
  }
  return hash.digest("hex");
}

function filesUnder(path) {
  if (!existsSync(inRoot(path))) return [];
  if (!statSync(inRoot(path)).isDirectory()) return [path];
  const found = readdirSync(inRoot(path), { recursive: true, withFileTypes: true });
  return found
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length))
    .sort();
}

/** Runs one step with its output shown; one line says how long it took. Rejects when the step fails. */
async function run(name, argv) {
  const begun = performance.now();
  const output = quiet ? 2 : 1;
  const child = spawn(argv[0], argv.slice(1), { cwd: root, stdio: ["ignore", output, 2] });
  const code = await new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (status, signal) => resolve(status ?? signal));
  });
  if (code !== 0) throw new Error(`${name} failed (${code})`);
  const seconds = ((performance.now() - begun) / 1000).toFixed(1);
  (quiet ? process.stderr : process.stdout).write(`prepare: ${name}, ${seconds} s\n`);
}

function npmCommand(argv) {
  const program = process.env.npm_execpath;
  return program?.endsWith(".js") ? [process.execPath, program, ...argv] : ["npm", ...argv];
}

/** Waits while another process prepares; a lock whose owner is gone counts for nothing. */
async function lock() {
  mkdirSync(inRoot(".tmp"), { recursive: true });
  for (;;) {
    try {
      writeFileSync(lockFile, String(process.pid), { flag: "wx" });
      return;
    } catch (error) {
      if (error.code !== "EEXIST") throw error;
    }
    if (!isAlive(ownerOfLock())) rmSync(lockFile, { force: true });
    else await sleep(100);
  }
}

function ownerOfLock() {
  try {
    return Number(readFileSync(lockFile, "utf8")) || process.pid;
  } catch {
    return process.pid;
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === "EPERM";
  }
}

function readJson(file) {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return undefined;
  }
}
