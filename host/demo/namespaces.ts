import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { promisify } from "node:util";

/**
 * A network namespace without a name: a process of ours holds it, and that process ends when ours does,
 * however ours ends. The kernel then removes the namespace with every link in it.
 */
export interface Namespace {
  /** The process that holds the namespace; `ip link … netns PID` names the namespace by it. */
  readonly pid: number;
  /** Runs a command in the namespace to its end. Rejects with the command's own words. Returns its stdout. */
  run(argv: readonly string[], input?: string): Promise<string>;
  /** Starts a command in the namespace; it is killed when this process ends. Its pid is the child's pid. */
  start(argv: readonly string[], options?: StartOptions): ChildProcess;
  /** Kills what still runs in the namespace and lets it go. */
  close(): Promise<void>;
}

export interface StartOptions {
  /** What becomes of stdin, stdout and stderr; pipes for the last two when left out. */
  readonly stdio?: readonly ["ignore" | "pipe", "ignore" | "pipe", "ignore" | "pipe"];
  readonly env?: NodeJS.ProcessEnv;
}

/** Whether this process can make namespaces as it is, could in a user namespace, or why it cannot. */
export type NamespaceAbility =
  | { readonly kind: "here" }
  | { readonly kind: "user-namespace" }
  | { readonly kind: "none"; readonly reason: string };

/** Opens a new network namespace. Rejects when the kernel refuses. */
export async function openNamespace(): Promise<Namespace> {
  const holder = spawn("unshare", ["--net", "--", "cat"], { stdio: ["pipe", "pipe", "pipe"] });
  await isHeld(holder);
  holder.unref();
  for (const stream of [holder.stdin, holder.stdout, holder.stderr]) {
    (stream as unknown as { unref?: () => void }).unref?.();
  }
  return namespaceOf(holder);
}

/** Tries for real: a bridge and a pair of virtual links in a namespace that is thrown away at once. */
export async function canUseNamespaces(): Promise<NamespaceAbility> {
  if (process.platform !== "linux") {
    return { kind: "none", reason: `network namespaces are Linux's, this is ${process.platform}` };
  }
  const here = await trial([]);
  if (here === undefined) return { kind: "here" };
  const user = await trial(userNamespace);
  if (user === undefined) return { kind: "user-namespace" };
  return { kind: "none", reason: user };
}

/**
 * Runs this very program again, as root of a user namespace of its own, and resolves with its exit code.
 * `marker` is set in its environment, so that it can tell.
 */
export async function runAgainInUserNamespace(marker: string): Promise<number> {
  const argv = [...userNamespace, process.execPath, ...process.execArgv, ...process.argv.slice(1)];
  const child = spawn(argv[0], argv.slice(1), { stdio: "inherit", env: { ...process.env, [marker]: "1" } });
  const ignore = (): void => undefined;
  process.on("SIGINT", ignore);
  const [code] = (await once(child, "exit")) as [number | null];
  process.off("SIGINT", ignore);
  return code ?? 1;
}

const execute = promisify(execFile);
const userNamespace = ["unshare", "--user", "--map-root-user", "--"];

async function isHeld(holder: ChildProcess): Promise<void> {
  let complaint = "";
  holder.stderr?.on("data", (text: Buffer) => {
    complaint += text.toString();
  });
  const failed = new Promise<never>((_, reject) => {
    holder.once("error", reject);
    holder.once("exit", () => reject(new Error(complaint.trim() || "unshare ended at once")));
  });
  failed.catch(() => undefined);
  holder.stdin?.on("error", () => undefined);
  holder.stdin?.write("\n");
  await Promise.race([once(holder.stdout as NodeJS.ReadableStream, "data"), failed]);
}

function namespaceOf(holder: ChildProcess): Namespace {
  const pid = holder.pid as number;
  const enter = ["--pdeathsig", "KILL", "--", "nsenter", "--target", String(pid), "--net", "--"];
  const running = new Set<ChildProcess>();
  const start = (argv: readonly string[], options: StartOptions = {}): ChildProcess => {
    const child = spawn("setpriv", [...enter, ...argv], {
      stdio: [...(options.stdio ?? ["ignore", "pipe", "pipe"])],
      env: options.env ?? process.env,
    });
    running.add(child);
    child.once("exit", () => running.delete(child));
    child.once("error", () => running.delete(child));
    return child;
  };
  return {
    pid,
    start,
    run: (argv, input) => finish(start(argv, { stdio: ["pipe", "pipe", "pipe"] }), argv, input ?? ""),
    close: async () => {
      await Promise.all([...running].map((child) => end(child)));
      await end(holder);
    },
  };
}

async function finish(child: ChildProcess, argv: readonly string[], input: string): Promise<string> {
  let output = "";
  let complaint = "";
  child.stdout?.on("data", (text: Buffer) => {
    output += text.toString();
  });
  child.stderr?.on("data", (text: Buffer) => {
    complaint += text.toString();
  });
  child.stdin?.on("error", () => undefined);
  child.stdin?.end(input);
  const [code] = (await once(child, "close")) as [number | null];
  if (code !== 0) throw new Error(`${argv.join(" ")}: ${complaint.trim() || `exit code ${code}`}`);
  return output;
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const exited = once(child, "exit");
  child.ref();
  child.kill("SIGKILL");
  await exited;
}

async function trial(prefix: readonly string[]): Promise<string | undefined> {
  const argv = [...prefix, "unshare", "--net", "--", "ip", "-batch", "-"];
  const attempt = execute(argv[0], argv.slice(1), { timeout: 5000 });
  attempt.child.stdin?.on("error", () => undefined);
  attempt.child.stdin?.end(
    "link add br0 type bridge\nlink add v0 type veth peer name v1\nlink set v0 master br0\n",
  );
  try {
    await attempt;
    return undefined;
  } catch (error) {
    const { code, stderr } = error as { code?: unknown; stderr?: string };
    if (code === "ENOENT") return "util-linux (unshare) and iproute2 (ip) are needed and not installed";
    return stderr?.trim().split("\n")[0] || "the kernel refuses new namespaces";
  }
}
