import { parsePrefixed } from "../config/address.ts";
import { parseAssignment } from "../config/sysctl.ts";
import type { StateWord } from "../core/words.ts";
import { ExitCode, OperatorError } from "../errors.ts";
import type { IfconfigChange, SysctlName } from "../node/api.ts";

/** The prefix of every name of a sysctl. */
export const sysctlPrefix = "net.inet.carp.";

const addressCapacity = 128;
const keys = ["advbase", "advskew", "pass_hex", "state", "addresses", "remove"];

/** The body of PATCH /v1/vhid/IF/VHID, checked. Throws OperatorError (Usage) for the first thing that is wrong. */
export function readChange(interfaceName: string, vhid: string, body: unknown): IfconfigChange {
  if (!isRecord(body)) throw refuse("the request is not a JSON object");
  const unknown = Object.keys(body).find((key) => !keys.includes(key));
  if (unknown !== undefined) throw refuse(`${unknown.slice(0, 48)}: unknown key`);
  if (!/^[1-9]\d{0,2}$/.test(vhid) || Number(vhid) > 255) throw refuse("vhid is out of range 1..255");
  return {
    interface: interfaceName,
    vhid: Number(vhid),
    ...optional("advbase", readInteger(body, "advbase", 1, 255)),
    ...optional("advskew", readInteger(body, "advskew", 0, 254)),
    ...optional("pass_hex", readPass(body.pass_hex)),
    ...optional("state", readState(body.state)),
    ...optional("addresses", readAddresses(body.addresses)),
    ...optional("remove", readBoolean(body.remove)),
  };
}

/** The short name that a node takes. Throws OperatorError (Usage) where there is no such sysctl. */
export function readSysctlName(name: string): SysctlName {
  return parseAssignment(name.split("=")[0]).name.slice(sysctlPrefix.length) as SysctlName;
}

/** The body of PATCH /v1/sysctl/NAME: `{"value": N}`, in the range of that name. */
export function readSysctlValue(name: string, body: unknown): number {
  if (!isRecord(body) || typeof body.value !== "number") throw refuse('the request is not {"value": NUMBER}');
  return parseAssignment(`${name.split("=")[0]}=${body.value}`).value as number;
}

type Body = Readonly<Record<string, unknown>>;

function isRecord(body: unknown): body is Body {
  return typeof body === "object" && body !== null && !Array.isArray(body);
}

function optional<Name extends string, Value>(
  name: Name,
  value: Value | undefined,
): Partial<Record<Name, Value>> {
  return value === undefined ? {} : ({ [name]: value } as Partial<Record<Name, Value>>);
}

function readInteger(body: Body, name: string, minimum: number, maximum: number): number | undefined {
  const value = body[name];
  if (value === undefined) return undefined;
  if (typeof value === "number" && Number.isInteger(value) && value >= minimum && value <= maximum)
    return value;
  throw refuse(`${name} is out of range ${minimum}..${maximum}`);
}

function readPass(value: unknown): string | undefined {
  if (value === undefined) return undefined;
  if (typeof value === "string" && /^([\da-f]{2}){0,20}$/i.test(value)) return value;
  throw refuse("pass_hex is not the hexadecimal digits of at most 20 bytes");
}

function readState(value: unknown): StateWord | undefined {
  if (value === undefined || value === "INIT" || value === "BACKUP" || value === "MASTER") return value;
  throw refuse("state is not one of INIT, BACKUP, MASTER");
}

function readAddresses(value: unknown): string[] | undefined {
  if (value === undefined) return undefined;
  if (!Array.isArray(value) || value.length > addressCapacity)
    throw refuse(`addresses is not a list of at most ${addressCapacity}`);
  return value.map((item) => {
    const address = typeof item === "string" ? parsePrefixed(item) : undefined;
    if (address === undefined) throw refuse("an address is not ADDRESS/LENGTH");
    return `${address.address}/${address.prefixLength}`;
  });
}

function readBoolean(value: unknown): boolean | undefined {
  if (value === undefined || typeof value === "boolean") return value;
  throw refuse("remove is not true or false");
}

function refuse(message: string): OperatorError {
  return new OperatorError(ExitCode.Usage, message);
}
