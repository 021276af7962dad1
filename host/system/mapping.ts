import { check, libc } from "./libc.ts";

const PROT_READ = 1;
const PROT_WRITE = 2;
const MAP_SHARED = 1;

/** Memory that the kernel shares through a descriptor. */
export interface Mapping {
  /** A view without a copy. Whoever touches it, or anything made of its buffer, after `unmap` crashes the process. */
  readonly bytes: Uint8Array;
  /** Ends the mapping; drop every view first. Once. */
  unmap(): void;
}

/** Maps `length` bytes of what is behind the descriptor. Throws SystemError. */
export function mapShared(descriptor: number, length: number): Mapping {
  const address = libc().mmap(0n, length, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
  check("mmap", address);
  return {
    bytes: new Uint8Array(libc().viewOf(BigInt(address), length)),
    unmap: () => {
      libc().munmap(BigInt(address), length);
    },
  };
}
