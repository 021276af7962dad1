import type { Sent } from "../sender.mjs";
import type { AttackLab, Mode } from "./lab.mjs";

export interface Course {
  readonly id: string;
  readonly name: string;
  readonly modes: readonly Mode[];
  readonly nodes?: readonly string[];
  readonly hosts?: readonly string[];
  readonly held?: readonly string[];
  readonly exclusive?: boolean;
  attack(given: {
    readonly attackLab: AttackLab;
    readonly recorded: Readonly<Record<string, Buffer>>;
    readonly sender: string;
    readonly seconds: number;
  }): Promise<Sent | undefined>;
}

export const courses: readonly Course[];
export function runKeepalived(
  attackLab: AttackLab,
  options: {
    readonly version: number;
    readonly count: number;
    readonly seconds: number;
    readonly host?: string;
  },
): Promise<undefined>;
