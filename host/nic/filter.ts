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
/** More fragments, and the fragment's offset. */
const fragmentMask = 0x3fff;

const ipOffset = 14;
const etherTypeOffset = 12;
const ipv4FragmentOffset = ipOffset + 6;
const ipv4ProtocolOffset = ipOffset + 9;
const ipv6NextHeaderOffset = ipOffset + 6;
const ipv6HeaderLength = 40;
/** In the CARP header. */
const vhidOffset = 1;

const BPF_LD_H_ABS = 0x28;
const BPF_LD_B_ABS = 0x30;
const BPF_LD_B_IND = 0x50;
const BPF_LDX_B_MSH = 0xb1;
const BPF_JA = 0x05;
const BPF_JEQ_K = 0x15;
const BPF_JGE_K = 0x35;
const BPF_JSET_K = 0x45;
const BPF_RET_K = 0x06;
const SKF_AD_VLAN_TAG_PRESENT = 0xfffff000 + 48;

const wholeFrame = 0x40000;
const vhidCount = 256;

/**
 * A program that takes untagged, unfragmented Ethernet frames with IPv4 protocol 112 or IPv6 next header 112 for one of
 * `vhids` (for any, where it is left out), whole, and refuses the rest. The kernel takes a VLAN tag off before the tap,
 * so only the tag's own mark tells frames of a VLAN apart. TTL and everything else is left to the core, which counts
 * what it refuses; what the program refuses nobody counts. At most 530 instructions, of which a frame runs at most 22.
 */
export function carpFilter(vhids?: readonly number[]): Instruction[] {
  return [...locateVhid, ...decide(flipsOf(vhids), false)];
}

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

/** Refuses what is not CARP; else the VHID is in the accumulator when it runs off its end. */
const locateVhid: readonly Instruction[] = [
  statement(BPF_LD_B_ABS, SKF_AD_VLAN_TAG_PRESENT),
  jump(BPF_JEQ_K, 0, 0, 14),
  statement(BPF_LD_H_ABS, etherTypeOffset),
  jump(BPF_JEQ_K, ETHERTYPE_IPV6, 8, 0),
  jump(BPF_JEQ_K, ETHERTYPE_IPV4, 0, 11),
  statement(BPF_LD_B_ABS, ipv4ProtocolOffset),
  jump(BPF_JEQ_K, IPPROTO_CARP, 0, 9),
  statement(BPF_LD_H_ABS, ipv4FragmentOffset),
  jump(BPF_JSET_K, fragmentMask, 7, 0),
  statement(BPF_LDX_B_MSH, ipOffset),
  statement(BPF_LD_B_IND, ipOffset + vhidOffset),
  statement(BPF_JA, 5),
  statement(BPF_LD_B_ABS, ipv6NextHeaderOffset),
  jump(BPF_JEQ_K, IPPROTO_CARP, 0, 2),
  statement(BPF_LD_B_ABS, ipOffset + ipv6HeaderLength + vhidOffset),
  statement(BPF_JA, 1),
  statement(BPF_RET_K, 0),
];

/** The values from which on the answer is another than just below; below the first it is no. */
function flipsOf(vhids: readonly number[] | undefined): number[] {
  const wanted = new Uint8Array(vhidCount).fill(vhids === undefined ? 1 : 0);
  for (const vhid of vhids ?? []) wanted[vhid] = 1;
  return Array.from(wanted.keys()).filter((value) => wanted[value] !== (value === 0 ? 0 : wanted[value - 1]));
}

/** A binary search of the accumulator among `flips`; `answer` is that below the first. A jump spans at most 255. */
function decide(flips: readonly number[], answer: boolean): Instruction[] {
  if (flips.length === 0) return [statement(BPF_RET_K, answer ? wholeFrame : 0)];
  const middle = (flips.length - 1) >> 1;
  const below = decide(flips.slice(0, middle), answer);
  const above = decide(flips.slice(middle + 1), answer === (middle % 2 === 1));
  return [jump(BPF_JGE_K, flips[middle], below.length, 0), ...below, ...above];
}

function statement(code: number, operand: number): Instruction {
  return jump(code, operand, 0, 0);
}

function jump(code: number, operand: number, jumpTrue: number, jumpFalse: number): Instruction {
  return { code, jumpTrue, jumpFalse, operand };
}
