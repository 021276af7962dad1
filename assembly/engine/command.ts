/** The operator's and the host's commands. A command that is refused changes nothing. */
import {
  ADDRESS_CAPACITY,
  COMMAND_ADDRESSES4,
  COMMAND_ADDRESSES6,
  COMMAND_KEY,
  COMMAND_MAC,
  COMMAND_OFFSET,
  COMMAND_SOURCE4,
  COMMAND_SOURCE6,
  Command,
  CommandResult,
  DemotionReason,
  Field,
  INTERFACE_CAPACITY,
  INTERFACE_MAC,
  INTERFACE_SIZE,
  INTERFACE_SOURCE4,
  INTERFACE_SOURCE6,
  InterfaceFlag,
  KEY_CAPACITY,
  Option,
  Replay,
  State,
} from "../abi.ts";
import { copyAddress6, copyMac } from "../memory/bytes.ts";
import {
  CommandRecord,
  commandRecord,
  Instance,
  instanceAt,
  interfaceAt,
  settings,
} from "../memory/records.ts";
import { prepare, setAddresses, setKey } from "../protocol/authenticator.ts";
import { LARGEST_CONFIGURED_SKEW } from "../protocol/constants.ts";
import { advanceCounters } from "../protocol/counter.ts";
import { adjust } from "../protocol/demotion.ts";
import { forgetPeers } from "../protocol/replay.ts";
import { applied, applyFailed, evaluate, leaseExpired, leave, request } from "../protocol/state.ts";
import { create, destroy, find } from "../protocol/table.ts";

const LARGEST_DSCP: i32 = 63;

/** Carries out the command in the command record. A key does not stay there, not even a refused one. */
export function obey(): CommandResult {
  const result = carryOut(commandRecord());
  memory.fill(COMMAND_OFFSET + COMMAND_KEY, 0, KEY_CAPACITY);
  return result;
}

function carryOut(command: CommandRecord): CommandResult {
  if (command.kind == Command.SetOption) return setOption(command.fields, command.value);
  if (command.kind == Command.AddDemotion) {
    adjust(null, command.value, DemotionReason.Sysctl);
    return CommandResult.Ok;
  }
  if (command.kind == Command.AdvanceCounters) {
    advanceCounters(command.entropy);
    return CommandResult.Ok;
  }
  if ((command.interfaceIndex as i32) >= INTERFACE_CAPACITY) return CommandResult.NoSuchInterface;
  if (command.kind == Command.SetInterface) return setInterface(command);
  if (!interfaceAt(command.interfaceIndex).inUse) return CommandResult.NoSuchInterface;
  if (command.kind == Command.RemoveInterface) return removeInterface(command.interfaceIndex);
  if (command.kind == Command.SetVirtualHost) return setVirtualHost(command);
  const instance = find(command.interfaceIndex, command.vhid);
  if (instance == null) return CommandResult.NoSuchVirtualHost;
  return obeyFor(instance, command);
}

function obeyFor(instance: Instance, command: CommandRecord): CommandResult {
  switch (command.kind as Command) {
    case Command.SetAddresses:
      return changeAddresses(instance, command);
    case Command.RemoveVirtualHost:
      leave(instance);
      destroy(instance);
      return CommandResult.Ok;
    case Command.SetState:
      if (command.value < State.Init || command.value > State.Master) return CommandResult.ValueOutOfRange;
      request(instance, command.value as State);
      return CommandResult.Ok;
    case Command.Applied:
      return applied(instance) ? CommandResult.Ok : CommandResult.NotExpected;
    case Command.ApplyFailed:
      return applyFailed(instance) ? CommandResult.Ok : CommandResult.NotExpected;
    case Command.LeaseExpired:
      return leaseExpired(instance) ? CommandResult.Ok : CommandResult.NotExpected;
    case Command.Leave:
      leave(instance);
      return CommandResult.Ok;
    default:
      return CommandResult.UnknownCommand;
  }
}

/** Takes the interface's flags, MAC and source addresses; its virtual hosts are evaluated where its link changed. */
function setInterface(command: CommandRecord): CommandResult {
  const link = interfaceAt(command.interfaceIndex);
  const record = changetype<usize>(link);
  const linkBits: u8 = (InterfaceFlag.Up | InterfaceFlag.Carrier) as u8;
  const hadLink = (link.flags & linkBits) == linkBits;
  link.inUse = 1;
  link.flags = command.flags;
  copyMac(record + INTERFACE_MAC, COMMAND_OFFSET + COMMAND_MAC);
  store<u32>(record + INTERFACE_SOURCE4, load<u32>(COMMAND_OFFSET + COMMAND_SOURCE4));
  copyAddress6(record + INTERFACE_SOURCE6, COMMAND_OFFSET + COMMAND_SOURCE6);
  const hasLink = (link.flags & linkBits) == linkBits;
  if (hasLink != hadLink) evaluateInterface(command.interfaceIndex);
  return CommandResult.Ok;
}

function evaluateInterface(interfaceIndex: u32): void {
  for (let vhid: u32 = 1; vhid < 256; vhid++) {
    const instance = find(interfaceIndex, vhid);
    if (instance != null) evaluate(instance);
  }
}

/** The interface's virtual hosts go with it. */
function removeInterface(interfaceIndex: u32): CommandResult {
  for (let vhid: u32 = 1; vhid < 256; vhid++) {
    const instance = find(interfaceIndex, vhid);
    if (instance == null) continue;
    leave(instance);
    destroy(instance);
  }
  memory.fill(changetype<usize>(interfaceAt(interfaceIndex)), 0, INTERFACE_SIZE);
  return CommandResult.Ok;
}

/** Parameters of a running virtual host change without touching its timers (protocol §6.1). */
function setVirtualHost(command: CommandRecord): CommandResult {
  const fields = command.fields;
  if (command.vhid == 0) return CommandResult.VhidOutOfRange;
  if (fields & Field.Advskew && command.advskew > LARGEST_CONFIGURED_SKEW)
    return CommandResult.AdvskewOutOfRange;
  if (fields & Field.Key && (command.keyLength as i32) > KEY_CAPACITY) return CommandResult.KeyTooLong;
  const known = find(command.interfaceIndex, command.vhid);
  if (!isInterval(command, known)) return CommandResult.AdvbaseOutOfRange;
  const instance = known == null ? create(command.interfaceIndex, command.vhid) : known;
  if (fields & Field.Advbase) instance.advbase = command.advbase;
  if (fields & Field.Advskew) instance.advskew = command.advskew;
  if (fields & Field.Flags) instance.flags = command.flags;
  if (fields & Field.Entropy) {
    instance.random = command.entropy | 1;
    instance.counterTag = (command.entropy >> 48) as u32;
  }
  if (fields & Field.Key) {
    setKey(instance, COMMAND_OFFSET + COMMAND_KEY, command.keyLength);
    prepare(instance);
    forgetPeers(instance);
  }
  if (known == null) evaluate(instance);
  return CommandResult.Ok;
}

/** An advbase of 0 needs a skew: the two together must be a time. */
function isInterval(command: CommandRecord, known: Instance | null): bool {
  const hadBase: u8 = known == null ? 1 : known.advbase;
  const hadSkew: u8 = known == null ? 0 : known.advskew;
  const base = command.fields & Field.Advbase ? command.advbase : hadBase;
  const skew = command.fields & Field.Advskew ? command.advskew : hadSkew;
  return (base | skew) != 0;
}

function changeAddresses(instance: Instance, command: CommandRecord): CommandResult {
  if ((command.count4 as i32) > ADDRESS_CAPACITY || (command.count6 as i32) > ADDRESS_CAPACITY)
    return CommandResult.TooManyAddresses;
  const list4 = COMMAND_OFFSET + COMMAND_ADDRESSES4;
  const list6 = COMMAND_OFFSET + COMMAND_ADDRESSES6;
  if (!setAddresses(instance, list4, command.count4, list6, command.count6)) return CommandResult.Ok;
  prepare(instance);
  forgetPeers(instance);
  evaluate(instance);
  return CommandResult.Ok;
}

function setOption(option: u32, value: i32): CommandResult {
  const all = settings();
  if (option == Option.IfdownDemotionFactor) all.ifdownFactor = value;
  else if (option == Option.SenderrDemotionFactor) all.senderrFactor = value;
  else if (value < 0) return CommandResult.ValueOutOfRange;
  else if (option == Option.Preempt && value <= 1) all.preempt = value as u8;
  else if (option == Option.Dscp && value <= LARGEST_DSCP) all.dscp = value as u8;
  else if (option == Option.Allow && value <= 1) setAllow(value as u8);
  else if (option == Option.Replay && value <= Replay.Strict) all.replay = value as u8;
  else if (option == Option.Freshness) all.freshness = value as u32;
  else if (option == Option.Lease && value <= 1) all.lease = value as u8;
  else return CommandResult.ValueOutOfRange;
  return CommandResult.Ok;
}

function setAllow(value: u8): void {
  const all = settings();
  if (all.allow == value) return;
  all.allow = value;
  for (let index: u32 = 0; index < all.instanceLimit; index++) {
    const instance = instanceAt(index);
    if (instance.inUse) evaluate(instance);
  }
}
