import type { Lab } from "../../host/demo/lab.ts";
import type { Program, Subject } from "./subjects.mjs";
import type { Eyes, Watch } from "./watch.mjs";

export interface WatchedPair {
  readonly lab: Lab;
  readonly eyes: Eyes;
  readonly programs: Record<"a" | "b", Program>;
  restart(host: "a" | "b"): void;
  close(): Promise<void>;
}

export function openPair(subject: Subject, watch: Watch): Promise<WatchedPair>;
export function settled(pair: WatchedPair): Promise<"a" | "b">;
export function takenOverBy(pair: WatchedPair, host: "a" | "b"): Promise<number>;
export function otherOf(host: "a" | "b"): "a" | "b";
