import type { Lab } from "../../host/demo/lab.ts";

export interface Program {
  words(): Promise<string>;
  socket(): Promise<string>;
  hasEnded(): Promise<boolean>;
  freeze(): Promise<void>;
  thaw(): Promise<void>;
  kill(): Promise<void>;
}

export interface Subject {
  readonly name: string;
  masterDownMs(host: "a" | "b"): number;
  start(lab: Lab, host: "a" | "b"): Program;
}

export const address: string;
export function thisNode(program: string, folder: string, more?: readonly string[]): Promise<Subject>;
