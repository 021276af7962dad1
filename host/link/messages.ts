import { decodeAttributes, readText, viewOf } from "./attributes.ts";

export const RTM_NEWLINK = 16;
export const RTM_DELLINK = 17;
export const RTM_GETLINK = 18;
export const RTM_NEWADDR = 20;
export const RTM_DELADDR = 21;
export const RTM_GETADDR = 22;
export const NLMSG_ERROR = 2;
export const NLMSG_DONE = 3;

export const NLM_F_REQUEST = 0x1;
export const NLM_F_ACK = 0x4;
export const NLM_F_REPLACE = 0x100;
export const NLM_F_EXCL = 0x200;
export const NLM_F_DUMP = 0x300;
export const NLM_F_CREATE = 0x400;
const NLM_F_CAPPED = 0x100;
const NLM_F_ACK_TLVS = 0x200;
const NLM_F_DUMP_INTR = 0x10;

const NLMSGERR_ATTR_MSG = 1;

export const messageHeaderLength = 16;
const sequenceOffset = 8;

/** One message out of a datagram: its header's fields and what follows the header. */
export interface Message {
  readonly type: number;
  readonly flags: number;
  readonly sequence: number;
  readonly payload: Uint8Array;
}

/** A message of `type` with a payload (a fixed header and attributes); its length is that of the whole. */
export function encodeMessage(
  type: number,
  flags: number,
  sequence: number,
  payload: Uint8Array,
): Uint8Array {
  const bytes = new Uint8Array(messageHeaderLength + payload.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, bytes.length, true);
  view.setUint16(4, type, true);
  view.setUint16(6, NLM_F_REQUEST | flags, true);
  view.setUint32(sequenceOffset, sequence, true);
  bytes.set(payload, messageHeaderLength);
  return bytes;
}

/** Numbers an encoded message anew, so that it can be sent again. */
export function renumber(message: Uint8Array, sequence: number): void {
  viewOf(message).setUint32(sequenceOffset, sequence, true);
}

/** The messages of a datagram, in order; one that does not fit ends the list. */
export function* decodeMessages(datagram: Uint8Array): Generator<Message> {
  const view = viewOf(datagram);
  let offset = 0;
  while (offset + messageHeaderLength <= datagram.length) {
    const length = view.getUint32(offset, true);
    if (length < messageHeaderLength || offset + length > datagram.length) return;
    yield {
      type: view.getUint16(offset + 4, true),
      flags: view.getUint16(offset + 6, true),
      sequence: view.getUint32(offset + sequenceOffset, true),
      payload: datagram.subarray(offset + messageHeaderLength, offset + length),
    };
    offset += (length + 3) & ~3;
  }
}

/** Whether a dump was taken while its subject changed, so that it may be incomplete. */
export function wasInterrupted(message: Message): boolean {
  return (message.flags & NLM_F_DUMP_INTR) !== 0;
}

/**
 * The errno of an error message or of the end of a dump (0: acknowledged), and the kernel's explanation, empty
 * where it gave none.
 */
export function decodeError(message: Message): { errno: number; explanation: string } {
  const { payload, flags, type } = message;
  if (payload.length < 4) return { errno: 0, explanation: "" };
  const view = viewOf(payload);
  const errno = -view.getInt32(0, true);
  if ((flags & NLM_F_ACK_TLVS) === 0) return { errno, explanation: "" };
  // An error quotes the request, or where it is capped its header, before the attributes.
  const isCapped = (flags & NLM_F_CAPPED) !== 0 || payload.length < 8;
  const quoted = isCapped ? messageHeaderLength : view.getUint32(4, true);
  const start = type === NLMSG_ERROR ? 4 + ((quoted + 3) & ~3) : 4;
  return { errno, explanation: readText(decodeAttributes(payload.subarray(start)).get(NLMSGERR_ATTR_MSG)) };
}
