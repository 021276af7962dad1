import { readFileSync } from "node:fs";
import { ExitCode, OperatorError } from "../errors.ts";

/** What a node needs of the kernel, by their numbers in capabilities(7). */
const needed = [
  { name: "CAP_NET_ADMIN", bit: 12n },
  { name: "CAP_NET_RAW", bit: 13n },
];

/**
 * Asks before anything is opened whether this process may send and receive frames and change addresses.
 * `status` is what /proc/self/status says; where that cannot be read, the kernel's own refusal comes later.
 * @throws OperatorError (NoPermission) that names what is missing.
 */
export function requirePrivilege(status: string | undefined = readStatus()): void {
  const effective = /^CapEff:\s*([0-9a-f]+)$/m.exec(status ?? "");
  if (effective === null) return;
  const held = BigInt(`0x${effective[1]}`);
  const missing = needed.filter(({ bit }) => ((held >> bit) & 1n) === 0n).map(({ name }) => name);
  if (missing.length === 0) return;
  throw new OperatorError(
    ExitCode.NoPermission,
    `${missing.join(" and ")} ${missing.length === 1 ? "is" : "are"} missing: run carp as root, or as a service ` +
      "with AmbientCapabilities=CAP_NET_RAW CAP_NET_ADMIN",
  );
}

function readStatus(): string | undefined {
  try {
    return readFileSync("/proc/self/status", "latin1");
  } catch {
    return undefined;
  }
}
