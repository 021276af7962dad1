import { EAGAIN, EINTR, ENOBUFS } from "./errno.ts";
import { check, libc, systemError } from "./libc.ts";
import { allocate } from "./memory.ts";
import * as socket from "./socket.ts";

const SOL_NETLINK = 270;
const NETLINK_ADD_MEMBERSHIP = 1;
const NETLINK_CAP_ACK = 10;
const NETLINK_EXT_ACK = 11;
const NETLINK_GET_STRICT_CHK = 12;

const sockaddrNlLength = 12;
const portIdOffset = 4;
const bufferLength = 64 * 1024;
const answerSeconds = 5;

/** What a receive brings: a datagram, nothing waiting, or word that the kernel had to drop some. */
export type NetlinkInput = Uint8Array | "empty" | "overrun";

/** A netlink socket as a way for datagrams to and from the kernel; those of other processes are ignored. */
export class NetlinkSocket {
  readonly descriptor: number;
  readonly #buffer = allocate(bufferLength);
  readonly #sender = allocate(sockaddrNlLength);
  readonly #senderLength = allocate(4);
  readonly #outgoing = allocate(bufferLength);
  #closed = false;

  /**
   * Opens a socket of `protocol` that is a member of `groups`. A `blocking` one waits up to five seconds for
   * a datagram. Throws SystemError.
   */
  constructor(protocol: number, groups: readonly number[], blocking: boolean) {
    const type = socket.SOCK_RAW | (blocking ? 0 : socket.SOCK_NONBLOCK);
    this.descriptor = socket.openSocket(socket.AF_NETLINK, type, protocol);
    try {
      this.#configure(groups, blocking);
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** Sends one datagram to the kernel. Throws SystemError. */
  send(datagram: Uint8Array): void {
    this.#outgoing.bytes.set(datagram);
    this.#transmit(datagram.length);
  }

  /**
   * Sends messages in one datagram, as many of those from `first` on as fit. Returns how many; the kernel has carried
   * them out then. Throws SystemError.
   */
  sendMany(messages: readonly Uint8Array[], first: number): number {
    let length = 0;
    let next = first;
    for (; next < messages.length && length + messages[next].length <= bufferLength; next++) {
      this.#outgoing.bytes.set(messages[next], length);
      length += (messages[next].length + 3) & ~3;
    }
    this.#transmit(length);
    return next - first;
  }

  /**
   * The next datagram of the kernel, valid until the next call; with MSG_DONTWAIT as `flags` a blocking socket does not
   * wait for one. Throws SystemError, as on a time-out.
   */
  receive(flags = 0): NetlinkInput {
    for (;;) {
      this.#senderLength.view.setUint32(0, sockaddrNlLength, true);
      const length = libc().recvfrom(
        this.descriptor,
        this.#buffer.address,
        bufferLength,
        socket.MSG_TRUNC | flags,
        this.#sender.address,
        this.#senderLength.address,
      );
      if (length < 0) {
        const errno = libc().errno();
        if (errno === EINTR) continue;
        if (errno === EAGAIN) return "empty";
        if (errno === ENOBUFS) return "overrun";
        throw systemError("recvfrom", errno);
      }
      if (this.#sender.view.getUint32(portIdOffset, true) !== 0) continue;
      if (length > bufferLength) return "overrun";
      return this.#buffer.bytes.subarray(0, length);
    }
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    socket.closeSocket(this.descriptor);
  }

  #transmit(length: number): void {
    check("send", libc().send(this.descriptor, this.#outgoing.address, length, 0));
  }

  #configure(groups: readonly number[], blocking: boolean): void {
    for (const option of [NETLINK_CAP_ACK, NETLINK_EXT_ACK, NETLINK_GET_STRICT_CHK]) {
      try {
        socket.setOption(this.descriptor, SOL_NETLINK, option, 1, "netlink option");
      } catch {
        // An older kernel: errors come without a text, dumps without a filter.
      }
    }
    if (blocking) {
      socket.setOption(
        this.descriptor,
        socket.SOL_SOCKET,
        socket.SO_RCVTIMEO,
        timeval(answerSeconds),
        "SO_RCVTIMEO",
      );
    }
    const address = new Uint8Array(sockaddrNlLength);
    new DataView(address.buffer).setUint16(0, socket.AF_NETLINK, true);
    socket.bindSocket(this.descriptor, address);
    for (const group of groups) {
      socket.setOption(this.descriptor, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, group, "NETLINK_ADD_MEMBERSHIP");
    }
  }
}

function timeval(seconds: number): Uint8Array {
  const bytes = new Uint8Array(16);
  new DataView(bytes.buffer).setBigInt64(0, BigInt(seconds), true);
  return bytes;
}
