import { parsePrefixed } from "../config/address.ts";
import type { VirtualHost } from "../config/model.ts";
import { ExitCode, OperatorError } from "../errors.ts";
import type { IfconfigChange } from "./api.ts";

/** The virtual host that a change makes of what there was, if there was one. */
export function changed(known: VirtualHost | undefined, change: IfconfigChange): VirtualHost {
  const named = (change.addresses ?? []).map(parseAddress);
  const had = known?.addresses ?? [];
  const isNamed = ({ address }: { address: string }) => named.some((other) => other.address === address);
  const isHad = ({ address }: { address: string }) => had.some((other) => other.address === address);
  return {
    interfaceName: change.interface,
    vhid: change.vhid,
    advbase: change.advbase ?? known?.advbase ?? 1,
    advskew: change.advskew ?? known?.advskew ?? 0,
    pass:
      change.pass_hex === undefined
        ? (known?.pass ?? new Uint8Array(0))
        : Buffer.from(change.pass_hex, "hex"),
    addresses: change.remove
      ? had.filter((address) => !isNamed(address))
      : [...had, ...named.filter((address) => !isHad(address))],
    virtualMac: known?.virtualMac ?? false,
    position: known?.position ?? { file: "ifconfig", line: 1, column: 1 },
  };
}

function parseAddress(text: string): VirtualHost["addresses"][number] {
  const address = parsePrefixed(text);
  if (address === undefined)
    throw new OperatorError(ExitCode.Usage, `${text} is no address with a prefix length`);
  return address;
}
