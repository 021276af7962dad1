import { execFileSync } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import koffi from "koffi";

const CLONE_NEWNET = 0x40000000;

/** Why namespaces cannot be made here, or undefined where they can. */
export function namespaceTrouble(): string | undefined {
  if (process.platform !== "linux") return "network namespaces need Linux";
  if (process.getuid?.() !== 0) return "network namespaces need root";
  try {
    execFileSync("ip", ["-V"], { stdio: "pipe" });
    return undefined;
  } catch {
    return "network namespaces need ip (iproute2)";
  }
}

/** Runs `ip` with arguments that are split at blanks; returns what it prints. */
export function ip(command: string): string {
  return execFileSync("ip", command.split(" "), { encoding: "utf8", stdio: "pipe" });
}

/**
 * Makes network namespaces with names of their own, runs `body` with the names, and removes them whatever
 * happens.
 */
export async function withNamespaces(count: number, body: (...names: string[]) => unknown): Promise<void> {
  const names = Array.from({ length: count }, () => uniqueName());
  try {
    for (const name of names) {
      ip(`netns add ${name}`);
      ip(`-n ${name} link set lo up`);
    }
    await body(...names);
  } finally {
    for (const name of names) removeNamespace(name);
  }
}

/**
 * Moves the calling thread into the namespace: what it opens from here on belongs there, also afterwards. Returns
 * the way back.
 */
export function enterNamespace(name: string): () => void {
  const home = openSync("/proc/thread-self/ns/net", "r");
  enter(`/run/netns/${name}`);
  return () => {
    setns(home);
    closeSync(home);
  };
}

/** Runs `body`, which must be synchronous, with the calling thread inside the namespace. */
export function inNamespace<T>(name: string, body: () => T): T {
  const leave = enterNamespace(name);
  try {
    return body();
  } finally {
    leave();
  }
}

/** Two namespaces joined by a veth pair, `left` in the first and `right` in the second, both up. */
export function connect(first: string, second: string): void {
  ip(`-n ${first} link add left type veth peer name right netns ${second}`);
  ip(`-n ${first} link set left up`);
  ip(`-n ${second} link set right up`);
}

/** The index of an interface in a namespace. */
export function interfaceIndex(namespace: string, interfaceName: string): number {
  const [line]: { ifindex: number }[] = JSON.parse(ip(`-n ${namespace} -j link show dev ${interfaceName}`));
  return line.ifindex;
}

let counter = 0;

function uniqueName(): string {
  counter++;
  return `carpt-${process.pid}-${counter}`;
}

function removeNamespace(name: string): void {
  try {
    ip(`netns del ${name}`);
  } catch {
    // It was never made.
  }
}

function enter(path: string): void {
  const target = openSync(path, "r");
  try {
    setns(target);
  } finally {
    closeSync(target);
  }
}

function setns(descriptor: number): void {
  const call: (descriptor: number, type: number) => number = koffi.load(null).func("int setns(int, int)");
  if (call(descriptor, CLONE_NEWNET) !== 0) throw new Error(`setns: errno ${koffi.errno()}`);
}
