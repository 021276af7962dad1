import { readFileSync, writeFileSync } from "node:fs";
import { SystemError } from "../errors.ts";
import { EIO, ENOENT } from "../system/errno.ts";
import { systemError } from "../system/libc.ts";

/**
 * The value of a setting below /proc/sys/net, named like `ipv4/conf/eth0/arp_ignore`; undefined where the kernel
 * has no such setting (no IPv6, the interface gone). Throws SystemError.
 */
export function readSetting(name: string): string | undefined {
  return attempt("read", name, () => readFileSync(path(name), "latin1").trim());
}

/** Writes a setting unless it has that value already; false where there is no such setting. Throws SystemError. */
export function writeSetting(name: string, value: string): boolean {
  const current = readSetting(name);
  if (current === undefined) return false;
  if (current === value) return true;
  attempt("write", name, () => writeFileSync(path(name), value));
  return true;
}

function path(name: string): string {
  return `/proc/sys/net/${name}`;
}

function attempt<T>(verb: string, name: string, action: () => T): T | undefined {
  try {
    return action();
  } catch (error) {
    const errno = -((error as NodeJS.ErrnoException).errno ?? -EIO);
    if (errno === ENOENT) return undefined;
    throw error instanceof SystemError ? error : systemError(`${verb} ${path(name)}`, errno);
  }
}
