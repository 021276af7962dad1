import type { Namespace } from "../host/demo/namespaces.ts";

export interface Flood {
  readonly seconds: number;
  readonly rate?: number;
  readonly frames: readonly Uint8Array[];
  readonly interfaceName?: string;
}

export interface Sent {
  readonly sent: number;
  readonly refused: number;
  readonly perSecond: number;
}

export function compileSender(folder: string): Promise<string | undefined>;
export function send(sender: string, namespace: Namespace, flood: Flood): Promise<Sent>;
export function catchAdvertisement(namespace: Namespace, interfaceName: string): Promise<Uint8Array>;
export function withWrongTags(frame: Uint8Array, count: number): Uint8Array[];
export function withVhid(frame: Uint8Array, vhid: number): Uint8Array;
export function change(frame: Buffer, alter: (carp: Buffer) => void): void;
