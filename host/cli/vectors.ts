import { toBytes } from "../address.ts";
import { parseAddress } from "../config/address.ts";
import { ExitCode, OperatorError } from "../errors.ts";

/** One packet of a vector file, and the receiver that it is meant for. */
export interface Vector {
  readonly name: string;
  readonly vhid: number;
  readonly key: Uint8Array;
  readonly addresses: readonly string[];
  readonly frame: Uint8Array;
  /** 4 or 16 bytes. */
  readonly ownSource: Uint8Array | undefined;
  /** Unicast mode: a peer is configured for that family. */
  readonly hasPeer4: boolean;
  readonly hasPeer6: boolean;
}

/** Reads a vector file. Throws OperatorError (Failed) with the first thing that is wrong, and where. */
export function readVectors(text: string, file: string): Vector[] {
  const values = parse(text, file);
  if (!Array.isArray(values)) throw refuse(file, "it is no JSON array of vectors");
  return values.map((value: unknown, index) => readVector(value, `${file}: vector ${index + 1}`));
}

function parse(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw refuse(file, `it is not JSON (${(error as Error).message.split("\n")[0].slice(0, 80)})`);
  }
}

function readVector(value: unknown, place: string): Vector {
  if (!isRecord(value)) throw refuse(place, "it is no JSON object");
  const { name, vhid, receiver = {} } = value;
  if (typeof name !== "string" || name === "" || /\s/.test(name)) throw refuse(place, "name is no word");
  const where = `${place} (${name.slice(0, 60)})`;
  if (typeof vhid !== "number" || !Number.isInteger(vhid) || vhid < 1 || vhid > 255)
    throw refuse(where, "vhid is no number of 1..255");
  if (!isRecord(receiver)) throw refuse(where, "receiver is no JSON object");
  const own = receiver.own_src === undefined ? undefined : readAddress(receiver.own_src, where, "own_src");
  return {
    name,
    vhid,
    key: readHex(value.key, where, "key"),
    addresses: [
      ...readAddresses(value.addresses_v4, where, "addresses_v4"),
      ...readAddresses(value.addresses_v6, where, "addresses_v6"),
    ],
    frame: readHex(value.frame_hex, where, "frame_hex"),
    ownSource: own === undefined ? undefined : toBytes(own),
    hasPeer4: receiver.peer4 !== undefined,
    hasPeer6: receiver.peer6 !== undefined,
  };
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function readHex(value: unknown, place: string, name: string): Uint8Array {
  if (typeof value !== "string" || !/^([\da-f]{2})*$/i.test(value))
    throw refuse(place, `${name} is no text of hexadecimal digits`);
  return Uint8Array.from(Buffer.from(value, "hex"));
}

function readAddresses(value: unknown, place: string, name: string): string[] {
  if (value === undefined) return [];
  if (!Array.isArray(value)) throw refuse(place, `${name} is no array`);
  return value.map((item) => readAddress(item, place, name));
}

function readAddress(value: unknown, place: string, name: string): string {
  const address = typeof value === "string" ? parseAddress(value) : undefined;
  if (address === undefined) throw refuse(place, `${name} has something that is no IP address`);
  return address.address;
}

function refuse(place: string, message: string): OperatorError {
  return new OperatorError(ExitCode.Failed, `${place}: ${message}`);
}
