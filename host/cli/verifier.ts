import { CommandResult, InstanceFlag, InterfaceFlag } from "../../assembly/abi.ts";
import { Core } from "../core/core.ts";
import { resultWord, verdictWord } from "../core/words.ts";
import { ExitCode, OperatorError } from "../errors.ts";
import { PacketType } from "../nic/nic.ts";
import { readAdvertisement } from "./advertisement.ts";

/** Judges packets by one pass phrase and by the addresses of their VHID. */
export class Verifier {
  private readonly core = new Core();

  /**
   * `pass` has 0..20 bytes, each of a VHID's addresses 4 or 16. Throws OperatorError (Usage) where they are too many.
   */
  constructor(pass: Uint8Array, addressesOf: (vhid: number) => readonly Uint8Array[]) {
    this.core.reset(0n, 0);
    for (const [index, flags] of [0, InstanceFlag.Unicast4 | InstanceFlag.Unicast6].entries()) {
      this.core.setInterface(index, {
        flags: InterfaceFlag.Up | InterfaceFlag.Carrier,
        mac: new Uint8Array(6),
        source4: new Uint8Array(4),
        source6: new Uint8Array(16),
      });
      for (let vhid = 1; vhid < 256; vhid++) {
        expectOk(this.core.setVirtualHost(index, vhid, { key: pass, flags }));
        expectOk(this.core.setAddresses(index, vhid, addressesOf(vhid)));
      }
    }
  }

  /** The verdict on each Ethernet frame, in the specification's words; those to one host may have any TTL. */
  judge(frames: readonly { readonly bytes: Uint8Array; readonly wireLength: number }[]): string[] {
    const rings = [this.core.receiveSlots(multicastInterface), this.core.receiveSlots(unicastInterface)];
    const [ring] = rings;
    const verdicts: string[] = [];
    for (let first = 0; first < frames.length; first += ring.slotCount) {
      const batch = frames.slice(first, first + ring.slotCount);
      for (const [slot, { bytes, wireLength }] of batch.entries()) {
        const isMulticast = readAdvertisement(bytes)?.isMulticast !== false;
        rings[isMulticast ? multicastInterface : unicastInterface].write(
          slot,
          bytes,
          wireLength,
          PacketType.Multicast,
        );
      }
      this.core.verifyFrames(batch.length);
      for (const slot of batch.keys()) verdicts.push(verdictWord(ring.verdict(slot)));
    }
    return verdicts;
  }
}

/** Two interfaces with the same virtual hosts: one hears groups, and one is somebody's peer (protocol §3.1). */
const multicastInterface = 0;
const unicastInterface = 1;

function expectOk(result: CommandResult): void {
  if (result !== CommandResult.Ok) throw new OperatorError(ExitCode.Usage, resultWord(result));
}
