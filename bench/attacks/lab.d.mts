import type { Lab } from "../../host/demo/lab.ts";
import type { LabNode } from "../../host/demo/nodes.ts";
import type { Observer } from "../../host/demo/observer.ts";
import type { StateWord } from "../../host/core/words.ts";
import type { Sent } from "../sender.mjs";

export type Mode = "off" | "log" | "strict";

export interface AttackLab {
  readonly lab: Lab;
  readonly observer: Observer;
  readonly folder: string;
  readonly nodes: readonly string[];
  readonly running: ReadonlyMap<string, LabNode>;
  start(
    name: string,
    options: { readonly advskew: number; readonly pass?: string; readonly to?: Mode },
  ): Promise<LabNode>;
  setState(name: string, state: StateWord): Promise<void>;
  close(): Promise<void>;
}

/** What has happened to one node while it was watched. */
export interface Figures {
  readonly states: readonly [StateWord, StateWord];
  readonly transitions: number;
  readonly addressChanges: number;
  readonly lines: readonly string[];
  readonly counted: Readonly<Record<string, number>>;
  readonly gaps: readonly number[];
  readonly advertisements: number;
  readonly announcements: number;
}

export interface Watched {
  readonly sent: Sent | undefined;
  readonly seconds: number;
  readonly figures: Readonly<Record<string, Figures>>;
}

export const key: string;
export const vhid: number;
export const addresses: readonly string[];
export function openAttackLab(plan: {
  readonly mode: Mode;
  readonly nodes?: readonly string[];
  readonly hosts?: readonly string[];
  readonly held?: readonly string[];
}): Promise<AttackLab>;
export function electInTurn(attackLab: AttackLab): Promise<Readonly<Record<string, Buffer>>>;
export function inject(
  attackLab: AttackLab,
  sender: string,
  flood: {
    readonly frames: readonly Uint8Array[];
    readonly rate: number;
    readonly seconds: number;
    readonly ports?: readonly string[];
  },
): Promise<Sent>;
export function watch(attackLab: AttackLab, attack: () => Promise<Sent | undefined>): Promise<Watched>;
