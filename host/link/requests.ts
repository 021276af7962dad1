import { SystemError } from "../errors.ts";
import { ENOBUFS, ENODEV } from "../system/errno.ts";
import { systemError } from "../system/libc.ts";
import { NetlinkSocket } from "../system/netlink.ts";
import { MSG_DONTWAIT } from "../system/socket.ts";
import { type AddressRecord, addressQuery, decodeAddress } from "./address-payload.ts";
import { decodeLink, type LinkRecord, linkQuery, linkQueryAt } from "./link-payload.ts";
import * as messages from "./messages.ts";

const NETLINK_ROUTE = 0;
const ETIMEDOUT = 110;
const EBUSY = 16;
const dumpAttempts = 5;

/** Questions to and orders for the kernel's routing netlink, each answered before the call returns. */
export class RouteRequests {
  readonly #socket = new NetlinkSocket(NETLINK_ROUTE, [], true);
  #sequence = 0;

  links(): LinkRecord[] {
    return this.#dump(messages.RTM_GETLINK, linkQuery(), decodeLink);
  }

  /** The interface of that name, or undefined. */
  link(name: string): LinkRecord | undefined {
    return this.#link(linkQuery(name));
  }

  /** The interface of that index, or undefined. */
  linkAt(index: number): LinkRecord | undefined {
    return this.#link(linkQueryAt(index));
  }

  #link(query: Uint8Array): LinkRecord | undefined {
    try {
      return this.#ask(messages.RTM_GETLINK, 0, query, decodeLink)[0];
    } catch (error) {
      if (error instanceof SystemError && error.errno === ENODEV) return undefined;
      throw error;
    }
  }

  /** The addresses of the interface, or of all interfaces when `index` is 0. */
  addresses(index: number): AddressRecord[] {
    try {
      const query = addressQuery(index);
      const all = this.#dump(messages.RTM_GETADDR, query, decodeAddress);
      return index === 0 ? all : all.filter((address) => address.index === index);
    } catch (error) {
      if (error instanceof SystemError && error.errno === ENODEV) return [];
      throw error;
    }
  }

  /** Orders a change and waits for its acknowledgement. Throws SystemError with the kernel's explanation. */
  change(type: number, flags: number, payload: Uint8Array): void {
    this.#ask(type, messages.NLM_F_ACK | flags, payload, () => undefined);
  }

  /**
   * Orders many changes, encoded without a wish for acknowledgement, in as few calls as their length allows. `refused`
   * hears the position and the error of each that the kernel did not carry out.
   */
  changeMany(orders: readonly Uint8Array[], refused: (position: number, error: SystemError) => void): void {
    for (let first = 0; first < orders.length; ) {
      const base = this.#sequence + 1;
      this.#sequence += orders.length - first;
      for (let at = first; at < orders.length; at++) messages.renumber(orders[at], base + at - first);
      try {
        const count = this.#socket.sendMany(orders, first);
        const start = first;
        first += count;
        this.#readRefusals(base, count, (position, error) => refused(start + position, error));
      } catch (error) {
        if (!(error instanceof SystemError)) throw error;
        for (; first < orders.length; first++) refused(first, error);
      }
    }
  }

  close(): void {
    this.#socket.close();
  }

  /** Errors are there as soon as the datagram is sent, since the kernel carries it out meanwhile. */
  #readRefusals(base: number, count: number, refused: (position: number, error: SystemError) => void): void {
    for (;;) {
      const datagram = this.#socket.receive(MSG_DONTWAIT);
      if (datagram === "empty") return;
      if (datagram === "overrun") {
        const error = systemError("RTM_NEWADDR", ENOBUFS, "there are more errors than the kernel could tell");
        for (let position = 0; position < count; position++) refused(position, error);
        continue;
      }
      for (const message of messages.decodeMessages(datagram)) {
        const position = message.sequence - base;
        if (message.type !== messages.NLMSG_ERROR || position < 0 || position >= count) continue;
        const { errno, explanation } = messages.decodeError(message);
        if (errno !== 0) refused(position, systemError("RTM_NEWADDR", errno, explanation));
      }
    }
  }

  #dump<Item>(type: number, payload: Uint8Array, decode: (payload: Uint8Array) => Item | undefined): Item[] {
    for (let attempt = 1; ; attempt++) {
      try {
        return this.#ask(type, messages.NLM_F_DUMP, payload, decode);
      } catch (error) {
        const again = error instanceof SystemError && error.errno === EBUSY;
        if (!again || attempt === dumpAttempts) throw error;
      }
    }
  }

  /** Sends one request and collects what the answer's messages decode to. */
  #ask<Item>(
    type: number,
    flags: number,
    payload: Uint8Array,
    decode: (payload: Uint8Array) => Item | undefined,
  ): Item[] {
    const sequence = ++this.#sequence;
    this.#socket.send(messages.encodeMessage(type, flags, sequence, payload));
    const items: Item[] = [];
    let interrupted = false;
    for (;;) {
      const datagram = this.#socket.receive();
      if (datagram === "empty") throw systemError(nameOf(type), ETIMEDOUT);
      if (datagram === "overrun") throw systemError(nameOf(type), EBUSY, "the answer did not fit");
      for (const message of messages.decodeMessages(datagram)) {
        if (message.sequence !== sequence) continue;
        interrupted ||= messages.wasInterrupted(message);
        if (message.type === messages.NLMSG_ERROR) {
          acknowledge(type, message);
          return items;
        }
        if (message.type === messages.NLMSG_DONE) {
          if (interrupted) throw systemError(nameOf(type), EBUSY, "the interfaces changed meanwhile");
          acknowledge(type, message);
          return items;
        }
        const item = decode(message.payload);
        if (item !== undefined) items.push(item);
        if ((flags & (messages.NLM_F_DUMP | messages.NLM_F_ACK)) === 0) return items;
      }
    }
  }
}

function acknowledge(type: number, message: messages.Message): void {
  const { errno, explanation } = messages.decodeError(message);
  if (errno !== 0) throw systemError(nameOf(type), errno, explanation);
}

const names: ReadonlyMap<number, string> = new Map([
  [messages.RTM_NEWLINK, "RTM_NEWLINK"],
  [messages.RTM_DELLINK, "RTM_DELLINK"],
  [messages.RTM_GETLINK, "RTM_GETLINK"],
  [messages.RTM_NEWADDR, "RTM_NEWADDR"],
  [messages.RTM_DELADDR, "RTM_DELADDR"],
  [messages.RTM_GETADDR, "RTM_GETADDR"],
]);

function nameOf(type: number): string {
  return names.get(type) ?? `netlink ${type}`;
}
