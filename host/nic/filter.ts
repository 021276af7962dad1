/** One instruction of a classic BPF program, in the order of struct sock_filter. */
export interface Instruction {
  readonly code: number;
  readonly jumpTrue: number;
  readonly jumpFalse: number;
  readonly operand: number;
}

const IPPROTO_CARP = 112;
const ETHERTYPE_IPV4 = 0x0800;
const ETHERTYPE_IPV6 = 0x86dd;

const etherTypeOffset = 12;
const ipv4ProtocolOffset = 14 + 9;
const ipv6NextHeaderOffset = 14 + 6;

const BPF_LD_H_ABS = 0x28;
const BPF_LD_B_ABS = 0x30;
const BPF_JEQ_K = 0x15;
const BPF_RET_K = 0x06;
const SKF_AD_VLAN_TAG_PRESENT = 0xfffff000 + 48;

/**
 * Accepts untagged Ethernet frames with IPv4 protocol 112 or IPv6 next header 112, whole, and refuses the rest.
 * The kernel takes a VLAN tag off before the tap, so only the tag's own mark tells frames of a VLAN apart.
 * TTL and VHID are left to the core, which counts what it refuses.
 */
export const carpFilter: readonly Instruction[] = [
  load(BPF_LD_B_ABS, SKF_AD_VLAN_TAG_PRESENT),
  jumpUnlessEqual(0, 7),
  load(BPF_LD_H_ABS, etherTypeOffset),
  jumpUnlessEqual(ETHERTYPE_IPV4, 2),
  load(BPF_LD_B_ABS, ipv4ProtocolOffset),
  jumpEither(IPPROTO_CARP, 4, 3),
  jumpUnlessEqual(ETHERTYPE_IPV6, 2),
  load(BPF_LD_B_ABS, ipv6NextHeaderOffset),
  jumpEither(IPPROTO_CARP, 1, 0),
  { code: BPF_RET_K, jumpTrue: 0, jumpFalse: 0, operand: 0 },
  { code: BPF_RET_K, jumpTrue: 0, jumpFalse: 0, operand: 0x40000 },
];

/** The program as an array of struct sock_filter. */
export function encodeFilter(program: readonly Instruction[]): Uint8Array {
  const bytes = new Uint8Array(8 * program.length);
  const view = new DataView(bytes.buffer);
  program.forEach(({ code, jumpTrue, jumpFalse, operand }, index) => {
    view.setUint16(8 * index, code, true);
    view.setUint8(8 * index + 2, jumpTrue);
    view.setUint8(8 * index + 3, jumpFalse);
    view.setUint32(8 * index + 4, operand, true);
  });
  return bytes;
}

function load(code: number, operand: number): Instruction {
  return { code, jumpTrue: 0, jumpFalse: 0, operand };
}

function jumpUnlessEqual(operand: number, jumpFalse: number): Instruction {
  return jumpEither(operand, 0, jumpFalse);
}

function jumpEither(operand: number, jumpTrue: number, jumpFalse: number): Instruction {
  return { code: BPF_JEQ_K, jumpTrue, jumpFalse, operand };
}
