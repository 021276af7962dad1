import { check, libc } from "./libc.ts";
import { allocate, type NativeMemory } from "./memory.ts";

export const AF_UNIX = 1;
export const AF_INET = 2;
export const AF_INET6 = 10;
export const AF_NETLINK = 16;
export const AF_PACKET = 17;

export const SOCK_DGRAM = 2;
export const SOCK_RAW = 3;
export const SOCK_NONBLOCK = 0o4000;
export const SOCK_CLOEXEC = 0o2000000;

export const SOL_SOCKET = 1;
export const SO_ERROR = 4;
export const SO_RCVTIMEO = 20;

export const MSG_TRUNC = 0x20;
export const MSG_DONTWAIT = 0x40;

const SO_RCVBUF = 8;
const SO_ATTACH_FILTER = 26;
const SO_RCVBUFFORCE = 33;

const sockFprogLength = 16;
const sockFilterLength = 8;

/** Opens a socket that is closed on exec. Throws SystemError. */
export function openSocket(domain: number, type: number, protocol: number): number {
  return check("socket", libc().socket(domain, type | SOCK_CLOEXEC, protocol));
}

export function closeSocket(descriptor: number): void {
  libc().close(descriptor);
}

/** Binds to the socket address in `address` (struct sockaddr_*). Throws SystemError. */
export function bindSocket(descriptor: number, address: Uint8Array): void {
  check("bind", libc().bind(descriptor, place(address).address, address.length));
}

/**
 * Opens a unix socket with a name in the abstract namespace, which belongs to the network namespace and to no file
 * system. The name is taken until the descriptor is closed. Throws SystemError, EADDRINUSE where it is taken already.
 */
export function bindAbstract(name: string): number {
  const descriptor = openSocket(AF_UNIX, SOCK_DGRAM, 0);
  const text = Buffer.from(name, "latin1");
  const address = new Uint8Array(2 + 1 + text.length);
  address[0] = AF_UNIX;
  address.set(text, 3);
  try {
    bindSocket(descriptor, address);
  } catch (error) {
    closeSocket(descriptor);
    throw error;
  }
  return descriptor;
}

/** Sets an option whose value is an int or a structure. Throws SystemError, which `name` names. */
export function setOption(
  descriptor: number,
  level: number,
  option: number,
  value: number | Uint8Array,
  name: string,
): void {
  const bytes = typeof value === "number" ? integer(value) : value;
  const result = libc().setsockopt(descriptor, level, option, place(bytes).address, bytes.length);
  check(`setsockopt ${name}`, result);
}

/**
 * Sets an option for which the kernel takes its time, without holding up this thread or others that do the same.
 * Resolves with whether it could be set.
 */
export function setOptionAside(
  descriptor: number,
  level: number,
  option: number,
  value: Uint8Array,
): Promise<boolean> {
  const memory = allocate(value.length);
  memory.bytes.set(value);
  return new Promise((resolve) => {
    libc().setsockoptAside(descriptor, level, option, memory.address, value.length, (error, result) => {
      // Holds the memory until the kernel has read it.
      resolve(memory.bytes.length === value.length && error === null && result === 0);
    });
  });
}

/** Reads an option that is an int, such as SO_ERROR, which reading clears; 0 where it cannot be read. */
export function getOption(descriptor: number, level: number, option: number): number {
  const { view, address } = place(integer(0));
  view.setInt32(8, 4, true);
  return libc().getsockopt(descriptor, level, option, address, address + 8n) === 0
    ? view.getInt32(0, true)
    : 0;
}

/** Asks for a receive buffer of `length` bytes, above the system's limit where the privilege is there. */
export function setReceiveBuffer(descriptor: number, length: number): void {
  const { address } = place(integer(length));
  if (libc().setsockopt(descriptor, SOL_SOCKET, SO_RCVBUFFORCE, address, 4) === 0) return;
  setOption(descriptor, SOL_SOCKET, SO_RCVBUF, length, "SO_RCVBUF");
}

/** Attaches a classic BPF program, given as an array of struct sock_filter. Throws SystemError. */
export function attachFilter(descriptor: number, program: Uint8Array): void {
  const { view, address } = place(program, sockFprogLength);
  // struct sock_fprog: the number of instructions, then, aligned, the address of the first.
  view.setUint16(0, program.length / sockFilterLength, true);
  view.setBigUint64(8, address + BigInt(sockFprogLength), true);
  const result = libc().setsockopt(descriptor, SOL_SOCKET, SO_ATTACH_FILTER, address, sockFprogLength);
  check("setsockopt SO_ATTACH_FILTER", result);
}

function integer(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setInt32(0, value, true);
  return bytes;
}

/** Room for a filter of a thousand instructions. */
const scratchLength = 8192;
let scratch: NativeMemory | undefined;

/** The one piece of memory for arguments of calls that return at once; being a module's, it is never collected. */
function place(bytes: Uint8Array, offset = 0): NativeMemory {
  scratch ??= allocate(scratchLength);
  scratch.bytes.set(bytes, offset);
  return scratch;
}
