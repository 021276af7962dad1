import { libc } from "./libc.ts";

/** Memory that the kernel may read and write: it neither moves nor goes while this object is held. */
export interface NativeMemory {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly address: bigint;
}

/** Zeroed native memory of `length` bytes. Whoever hands its address to the kernel keeps the object in a field. */
export function allocate(length: number): NativeMemory {
  // An explicit ArrayBuffer is always outside V8's moving heap; a small typed array of its own might not be.
  return nativeMemory(new Uint8Array(new ArrayBuffer(Math.max(length, 8)), 0, length));
}

/** The native side of memory that exists already, such as a WebAssembly memory that never grows. */
export function nativeMemory(bytes: Uint8Array): NativeMemory {
  return {
    bytes,
    view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength),
    address: libc().addressOf(bytes.buffer as ArrayBuffer) + BigInt(bytes.byteOffset),
  };
}
