// A host in plain JavaScript: loads the core, sets one virtual host up, hands one frame in and prints the verdict.
// usage: node verify.mjs carp.wasm abi.json
import { readFileSync } from "node:fs";

const [modulePath, abiPath] = process.argv.slice(2);
const abi = JSON.parse(readFileSync(abiPath, "utf8"));
const { exports: core } = new WebAssembly.Instance(new WebAssembly.Module(readFileSync(modulePath)), {});
if (core.abiVersion() !== abi.version || core.selftest() !== 0) throw new Error("the core does not fit");

const bytes = new Uint8Array(core.memory.buffer);
const view = new DataView(core.memory.buffer);
const area = (constant) => abi.memory.areas.find((known) => known.constant === constant).offset;
const field = (record, name) => abi.records[record].fields.find((known) => known.name === name).offset;
const value = (name, member) => abi.enums[name].members[member].value;

const now = 1_000_000_000n; // any monotonic clock, in nanoseconds
core.reset(now, 0n);

// Three commands: the interface with its link, the virtual host with its key, the virtual address.
const at = (name) => area("COMMAND_OFFSET") + field("Command", name);
function command(kind) {
  view.setUint8(at("kind"), value("Command", kind));
  const result = core.handleCommand(now);
  if (result !== 0) throw new Error(`${kind} was answered ${result}`);
}
view.setUint8(at("interface"), 0);
view.setUint8(at("flags"), value("InterfaceFlag", "Up") | value("InterfaceFlag", "Carrier"));
command("SetInterface");

const key = new TextEncoder().encode("testpass");
view.setUint8(at("vhid"), 1);
view.setUint32(at("fields"), value("Field", "Key"), true);
view.setUint8(at("key_length"), key.length);
bytes.set(key, at("key"));
command("SetVirtualHost");

view.setUint16(at("count4"), 1, true);
bytes.set([192, 168, 1, 50], at("addresses4"));
command("SetAddresses");

// One frame, as it came from the wire.
const frame = Buffer.from(
  "01005e00001200005e000101080045e0003800004000ff70d8b7c0a80103e0000012" +
    "2101640700012b450123456789abcdef8a28722b250012cc264dc3ff6044f75668e5d29d",
  "hex",
);
const slot = area("RECEIVE_OFFSET");
bytes.set(frame, slot + field("ReceiveSlot", "frame"));
view.setUint16(slot + field("ReceiveSlot", "captured_length"), frame.length, true);
view.setUint8(slot + field("ReceiveSlot", "interface"), 0);
view.setUint8(slot + field("ReceiveSlot", "packet_type"), 2);
core.handleFrames(now, 1);

const verdict = view.getUint8(slot + field("ReceiveSlot", "verdict"));
const [name] = Object.entries(abi.enums.Verdict.members).find(([, member]) => member.value === verdict);
console.log(name);
