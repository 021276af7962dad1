/** The host-wide options of a node, `net.inet.carp.*`: the core's, and what the operator has made of them. */
import { Option } from "../../assembly/abi.ts";
import { monotonicNs } from "../clock.ts";
import type { Configuration } from "../config/model.ts";
import type { Core } from "../core/core.ts";
import { resultWord } from "../core/words.ts";
import { ExitCode, OperatorError } from "../errors.ts";
import type { SysctlName } from "./api.ts";

export class Options {
  logLevel = 1;
  private readonly core: Core;
  /** What was set, so that a core that begins anew can be told again. */
  private readonly chosen = new Map<Option, number>();
  /** The operator's part of the demotion; the rest has causes that a new core finds by itself. */
  private demotion = 0;

  constructor(core: Core) {
    this.core = core;
  }

  /** What a configuration says when the node starts. */
  take({ preempt, replay, freshness }: Configuration): void {
    if (preempt) this.set(Option.Preempt, 1);
    if (replay !== undefined) this.set(Option.Replay, replay);
    if (freshness !== undefined) this.set(Option.Freshness, freshness);
  }

  read(name: SysctlName): number {
    const option = sysctlOptions[name];
    if (name === "log") return this.logLevel;
    return option === undefined ? this.core.demotion : this.core.option(option);
  }

  /** A write to `demotion` adds. @throws OperatorError for a value that is out of range. */
  write(name: SysctlName, value: number): void {
    const option = sysctlOptions[name];
    if (name === "log") this.logLevel = value;
    else if (name === "demotion") this.demote(value);
    else if (option !== undefined) this.set(option, value, `net.inet.carp.${name}`);
  }

  /** @throws OperatorError, in the words of `subject`, for a value that is out of range. */
  set(option: Option, value: number, subject = "option"): void {
    this.core.advance(monotonicNs());
    refuse(this.core.setOption(option, value), subject);
    this.chosen.set(option, value);
  }

  /** Tells a core that has been reset what was chosen. */
  restore(): void {
    this.core.advance(monotonicNs());
    for (const [option, value] of this.chosen) this.core.setOption(option, value);
    this.core.addDemotion(this.demotion);
  }

  private demote(value: number): void {
    this.core.advance(monotonicNs());
    this.core.addDemotion(value);
    this.demotion += value;
  }
}

/** @throws OperatorError for a command that the core does not take. */
export function refuse(result: number, subject: string): void {
  if (result !== 0) throw new OperatorError(ExitCode.Usage, `${subject}: ${resultWord(result)}`);
}

const sysctlOptions: Readonly<Partial<Record<SysctlName, Option>>> = {
  allow: Option.Allow,
  preempt: Option.Preempt,
  dscp: Option.Dscp,
  ifdown_demotion_factor: Option.IfdownDemotionFactor,
  senderr_demotion_factor: Option.SenderrDemotionFactor,
  replay: Option.Replay,
  freshness: Option.Freshness,
};
