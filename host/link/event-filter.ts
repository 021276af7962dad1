import { addressHeaderLength, IFA_PROTO, IFAPROT_CARP } from "./address-payload.ts";
import { messageHeaderLength, RTM_NEWADDR } from "./messages.ts";

const BPF_LD_W_ABS = 0x20;
const BPF_LD_H_ABS = 0x28;
const BPF_LD_B_IND = 0x50;
const BPF_LD_IMM = 0x00;
const BPF_LDX_IMM = 0x01;
const BPF_TAX = 0x07;
const BPF_JEQ_K = 0x15;
const BPF_RET_K = 0x06;
/** Looks for an attribute: from the offset in the accumulator on, of the type in the index register. */
const SKF_AD_NLATTR = 0xfffff000 + 12;

const typeOffset = 4;
const attributeHeaderLength = 4;
const whole = 0xffffffff;
const instructionLength = 8;

/** The code, where a jump goes to if true and if false (in instructions that are skipped), and the operand. */
type Instruction = readonly [code: number, ifTrue: number, ifFalse: number, operand: number];

/**
 * A classic BPF program, an array of struct sock_filter, that keeps back what routing netlink tells of addresses with
 * CARP's mark that come, or whose lease begins anew: a node does that itself, many times a second. That they go is told.
 */
export function eventFilter(): Uint8Array {
  const program: readonly Instruction[] = [
    [BPF_LD_H_ABS, 0, 0, typeOffset],
    [BPF_JEQ_K, 0, 7, inNetworkOrder(RTM_NEWADDR)],
    [BPF_LDX_IMM, 0, 0, IFA_PROTO],
    [BPF_LD_IMM, 0, 0, messageHeaderLength + addressHeaderLength],
    [BPF_LD_W_ABS, 0, 0, SKF_AD_NLATTR],
    [BPF_JEQ_K, 3, 0, 0],
    [BPF_TAX, 0, 0, 0],
    [BPF_LD_B_IND, 0, 0, attributeHeaderLength],
    [BPF_JEQ_K, 1, 0, IFAPROT_CARP],
    [BPF_RET_K, 0, 0, whole],
    [BPF_RET_K, 0, 0, 0],
  ];
  const bytes = new Uint8Array(instructionLength * program.length);
  const view = new DataView(bytes.buffer);
  program.forEach(([code, ifTrue, ifFalse, operand], index) => {
    view.setUint16(instructionLength * index, code, true);
    view.setUint8(instructionLength * index + 2, ifTrue);
    view.setUint8(instructionLength * index + 3, ifFalse);
    view.setUint32(instructionLength * index + 4, operand, true);
  });
  return bytes;
}

/** A program reads 16 bits in network order, and a message's type is in the machine's. */
function inNetworkOrder(value: number): number {
  return ((value & 0xff) << 8) | (value >> 8);
}
