export {
  CommandResult,
  InstanceFlag,
  InterfaceFlag,
  Option,
  Reason,
  State,
  Verdict,
} from "../assembly/abi.ts";
export { Core, type InterfaceParameters, type VirtualHostParameters } from "./core/core.ts";
export { type CoreExports, instantiate, modulePath } from "./core/load.ts";
export type { CoreEvent, InstanceRecord, Peer, Statistics } from "./core/records.ts";
export { ReceiveSlots, TransmitSlots } from "./core/rings.ts";
export {
  demotionWord,
  reasonWord,
  resultWord,
  type StateWord,
  stateWord,
  verdictWord,
} from "./core/words.ts";
export { ExitCode, OperatorError, SystemError } from "./errors.ts";
export type { NodeEvent, NodeStatus, VirtualHostStatus } from "./node/api.ts";
