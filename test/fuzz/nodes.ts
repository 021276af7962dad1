import type { Chance } from "./chance.ts";
import type { ReferenceHost, ReferenceNode } from "./reference.ts";

/** Addresses of both families, of one or of none; some with a scope, some twice. */
export function anyAddresses(chance: Chance, most: number): Uint8Array[] {
  const of = (length: number, prefixes: readonly (readonly number[])[]) =>
    Array.from({ length: chance.once(4) ? 0 : chance.below(most + 1) }, () => {
      const address = chance.bytes(length);
      if (chance.once(3)) address.set(chance.pick(prefixes));
      return address;
    });
  const list = [
    ...of(4, [[10], [192, 168, 1]]),
    ...of(16, [
      [0xfe, 0x80],
      [0xfe, 0xbf, 0x12],
      [0xff, 0x02],
      [0xff, 0x31, 5, 5],
      [0xff, 0x0e],
      [0x20, 1],
    ]),
  ];
  // The same address twice counts once.
  if (list.length > 0 && list.length < 60 && chance.once(3)) list.push(chance.pick(list));
  return list;
}

/** A node with some interfaces and virtual hosts of every kind. */
export function anyNode(chance: Chance): ReferenceNode {
  const interfaces = [0, 1, 5].slice(0, chance.between(1, 3));
  const hosts = new Map<string, ReferenceHost>();
  for (let count = chance.between(1, 20); count > 0; count--) {
    const [interfaceIndex, vhid] = [
      chance.pick(interfaces),
      chance.once(2) ? chance.between(1, 5) : chance.between(1, 255),
    ];
    hosts.set(`${interfaceIndex}.${vhid}`, {
      interfaceIndex,
      vhid,
      key: chance.bytes(chance.below(21)),
      addresses: anyAddresses(chance, chance.pick([1, 3, 12, 31])),
      unicast4: chance.once(4),
      unicast6: chance.once(4),
    });
  }
  return { allow: !chance.once(12), interfaces, hosts: [...hosts.values()] };
}
