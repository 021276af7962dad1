import { createRequire } from "node:module";
import { endianness } from "node:os";
import { ExitCode, OperatorError, SystemError } from "../errors.ts";

/** The calls of the C library that Node lacks. Pointers are addresses (BigInt) of memory that the caller keeps. */
export interface Libc {
  socket(domain: number, type: number, protocol: number): number;
  bind(descriptor: number, address: bigint, length: number): number;
  setsockopt(descriptor: number, level: number, option: number, value: bigint, length: number): number;
  /** The same on a thread of its own; `done` hears the result, whose errno is lost. */
  setsockoptAside(
    descriptor: number,
    level: number,
    option: number,
    value: bigint,
    length: number,
    done: (error: Error | null, result: number) => void,
  ): void;
  getsockopt(descriptor: number, level: number, option: number, value: bigint, length: bigint): number;
  recvmmsg(descriptor: number, messages: bigint, count: number, flags: number, timeout: bigint): number;
  sendmmsg(descriptor: number, messages: bigint, count: number, flags: number): number;
  recvfrom(
    descriptor: number,
    data: bigint,
    length: number,
    flags: number,
    address: bigint,
    addressLength: bigint,
  ): number;
  send(descriptor: number, data: bigint, length: number, flags: number): number;
  ppoll(descriptors: bigint, count: number, timeout: bigint, signals: bigint): number;
  mmap(
    address: bigint,
    length: number,
    protection: number,
    flags: number,
    descriptor: number,
    offset: number,
  ): number;
  munmap(address: bigint, length: number): number;
  clock_gettime(clock: number, time: bigint): number;
  timerfd_create(clock: number, flags: number): number;
  timerfd_settime(descriptor: number, flags: number, value: bigint, previous: bigint): number;
  eventfd(initial: number, flags: number): number;
  read(descriptor: number, data: bigint, length: number): number;
  write(descriptor: number, data: bigint, length: number): number;
  close(descriptor: number): number;
  sched_setscheduler(thread: number, policy: number, parameter: bigint): number;
  setpriority(which: number, who: number, niceness: number): number;
  strerror(errno: number): string;
  /** The calling thread's errno; read it right after the call that failed. */
  errno(): number;
  addressOf(memory: ArrayBufferView | ArrayBuffer): bigint;
  /** The memory at an address, without a copy. */
  viewOf(address: bigint, length: number): ArrayBuffer;
}

let bound: Libc | undefined;

/**
 * The C library, bound at the first call of each thread. Throws OperatorError on a system whose structures are
 * not those of 64-bit little-endian Linux.
 */
export function libc(): Libc {
  bound ??= bind();
  return bound;
}

/** A SystemError for `errno` (by default the calling thread's), which the call named `syscall` has just set. */
export function systemError(syscall: string, errno = libc().errno(), detail = ""): SystemError {
  const text = libc().strerror(errno);
  return new SystemError(syscall, errno, detail === "" ? text : `${text}: ${detail}`);
}

/** Returns `result`, or throws SystemError when it is negative. */
export function check(syscall: string, result: number): number {
  if (result < 0) throw systemError(syscall);
  return result;
}

function bind(): Libc {
  requireSupportedSystem();
  const koffi: typeof import("koffi") = createRequire(import.meta.url)("koffi");
  const library = koffi.load(null);
  const func = (definition: string) => library.func(definition);
  const setsockopt = func("int setsockopt(int, int, int, void *, uint32_t)");
  return {
    socket: func("int socket(int, int, int)"),
    bind: func("int bind(int, void *, uint32_t)"),
    setsockopt,
    setsockoptAside: setsockopt.async,
    getsockopt: func("int getsockopt(int, int, int, void *, void *)"),
    recvmmsg: func("int recvmmsg(int, void *, uint32_t, int, void *)"),
    sendmmsg: func("int sendmmsg(int, void *, uint32_t, int)"),
    recvfrom: func("intptr_t recvfrom(int, void *, size_t, int, void *, void *)"),
    send: func("intptr_t send(int, void *, size_t, int)"),
    ppoll: func("int ppoll(void *, ulong, void *, void *)"),
    mmap: func("intptr_t mmap(void *, size_t, int, int, int, intptr_t)"),
    munmap: func("int munmap(void *, size_t)"),
    clock_gettime: func("int clock_gettime(int, void *)"),
    timerfd_create: func("int timerfd_create(int, int)"),
    timerfd_settime: func("int timerfd_settime(int, int, void *, void *)"),
    eventfd: func("int eventfd(uint32_t, int)"),
    read: func("intptr_t read(int, void *, size_t)"),
    write: func("intptr_t write(int, void *, size_t)"),
    close: func("int close(int)"),
    sched_setscheduler: func("int sched_setscheduler(int, int, void *)"),
    setpriority: func("int setpriority(int, uint32_t, int)"),
    strerror: func("str strerror(int)"),
    errno: () => koffi.errno(),
    addressOf: (memory) => koffi.address(memory),
    viewOf: (address, length) => koffi.view(address, length),
  };
}

function requireSupportedSystem(): void {
  const wide = ["x64", "arm64", "riscv64", "loong64", "ppc64"].includes(process.arch);
  if (process.platform === "linux" && wide && endianness() === "LE") return;
  throw new OperatorError(
    ExitCode.Failed,
    `packet sockets and netlink need 64-bit little-endian Linux, and this is ${process.platform} ${process.arch}: ` +
      "run on x86-64 or arm64 Linux",
  );
}
