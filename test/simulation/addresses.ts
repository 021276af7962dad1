import { addressBytes } from "../support/frames.ts";

/** Addresses that have been read already. */
const known = new Map<string, Uint8Array>();

/** An address in text as its bytes. */
export function bytesOf(address: string): Uint8Array {
  const bytes = known.get(address) ?? addressBytes(address);
  known.set(address, bytes);
  return bytes;
}
