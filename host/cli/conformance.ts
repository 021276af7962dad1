import { readFileSync } from "node:fs";
import { CommandResult, InstanceFlag, InterfaceFlag } from "../../assembly/abi.ts";
import { toBytes } from "../address.ts";
import { explain } from "../config/passfile.ts";
import { Core } from "../core/core.ts";
import { resultWord, verdictWord } from "../core/words.ts";
import { ExitCode, OperatorError } from "../errors.ts";
import { PacketType } from "../nic/nic.ts";
import type { RunCommand } from "./terminal.ts";
import { readVectors, type Vector } from "./vectors.ts";

/** `carp conformance`: a line `NAME VERDICT` for each packet of a vector file, as FreeBSD 15 would receive it. */
export const runConformance: RunCommand = async (given, { out }) => {
  const [name] = given.words;
  const vectors = readVectors(readText(name), name);
  const core = new Core();
  core.reset(0n, 0);
  const lines = vectors.map((vector) => `${vector.name} ${judge(core, vector, name)}\n`);
  out.write(lines.join(""));
  return ExitCode.Ok;
};

const receiver = 0;

function readText(name: string): string {
  try {
    return readFileSync(name, "utf8");
  } catch (error) {
    throw new OperatorError(ExitCode.Failed, `${name} cannot be read: ${explain(error)}`);
  }
}

/** Makes a receiver of the vector's configuration, has it judge the frame, and takes it away again. */
function judge(core: Core, vector: Vector, file: string): string {
  const expectOk = (result: CommandResult) => {
    if (result === CommandResult.Ok) return;
    throw new OperatorError(ExitCode.Failed, `${file}: ${vector.name}: ${resultWord(result)}`);
  };
  expectOk(
    core.setInterface(receiver, {
      flags: InterfaceFlag.Up | InterfaceFlag.Carrier,
      mac: new Uint8Array(6),
      source4: vector.ownSource?.length === 4 ? vector.ownSource : new Uint8Array(4),
      source6: vector.ownSource?.length === 16 ? vector.ownSource : new Uint8Array(16),
    }),
  );
  const unicast4 = vector.hasPeer4 ? InstanceFlag.Unicast4 : 0;
  const unicast6 = vector.hasPeer6 ? InstanceFlag.Unicast6 : 0;
  expectOk(core.setVirtualHost(receiver, vector.vhid, { key: vector.key, flags: unicast4 | unicast6 }));
  expectOk(core.setAddresses(receiver, vector.vhid, vector.addresses.map(toBytes)));
  const slots = core.receiveSlots(receiver);
  slots.write(0, vector.frame, vector.frame.length, PacketType.Multicast);
  core.verifyFrames(1);
  expectOk(core.removeVirtualHost(receiver, vector.vhid));
  return verdictWord(slots.verdict(0));
}
