export declare const interfaces: readonly { readonly index: number; readonly hasCarrier: boolean }[];

export declare const hosts: readonly {
  readonly interfaceIndex: number;
  readonly vhid: number;
  readonly key: readonly number[];
  readonly addresses: readonly (readonly number[])[];
  readonly unicast4: boolean;
  readonly unicast6: boolean;
  readonly advbase: number;
  readonly advskew: number;
}[];
