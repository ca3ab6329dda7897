/**
 * How many signature checks a transaction may cost, as blocks are held to it (Bitcoin Core,
 * consensus/tx_verify.cpp; BIP16, BIP141). Counted without executing anything.
 *
 * @module
 */
import { type Bytes, NO_BYTES } from "../base/bytes.ts";
import type { BlockLayout } from "../primitives/block_layout.ts";
import {
  type Input, type Output, type Transaction, WITNESS_SCALE_FACTOR,
} from "../primitives/transaction.ts";
import type { Witness } from "../primitives/witness.ts";
import { VERIFY_P2SH, VERIFY_WITNESS } from "./flags.ts";
import {
  MULTISIG_KEYS_MAX, OP_0, OP_1, OP_16, OP_CHECKMULTISIG, OP_CHECKMULTISIGVERIFY, OP_CHECKSIG,
    OP_CHECKSIGVERIFY,
  OP_HASH160, OP_PUSHDATA1, OP_PUSHDATA4,
} from "./opcodes.ts";
import { isPushOnly, ScriptCursor, smallNumber, TRUNCATED } from "./script.ts";
import { isPayToScriptHash, type WitnessProgram, witnessProgram } from "./templates.ts";

/**
 * Signature checks in `script`, up to where it cannot be read. `accurate`: a multisig that follows
 * OP_1 to OP_16 counts as so many, otherwise always as 20.
 */
export function countSigops(script: Bytes, accurate: boolean): number {
  return countSigopsIn(script, 0, script.length, accurate);
}

/** The same of the script that stands in `bytes` from `from` on, up to `to`. */
export function countSigopsIn(bytes: Bytes, from: number, to: number, accurate: boolean): number {
  let count = 0;
  let previous = TRUNCATED;
  for (let at = from; at < to; ) {
    const opcode = bytes[at++] as number;
    if (opcode < OP_PUSHDATA1) {
      at += opcode;
    } else if (opcode <= OP_PUSHDATA4) {
      const lengthBytes = 1 << (opcode - OP_PUSHDATA1);
      if (at + lengthBytes > to) break;
      let length = 0;
      for (let i = lengthBytes - 1; i >= 0; i--) length = length * 256 + (bytes[at + i] as number);
      at += lengthBytes + length;
    } else if (opcode === OP_CHECKSIG || opcode === OP_CHECKSIGVERIFY) {
      count++;
    } else if (opcode === OP_CHECKMULTISIG || opcode === OP_CHECKMULTISIGVERIFY) {
      const keys = accurate && previous >= OP_1 && previous <= OP_16 ? smallNumber(previous) : undefined;
      count += keys ?? MULTISIG_KEYS_MAX;
    }
    previous = opcode;
  }
  return count;
}

/** In the scripts that stand in the transaction itself: needs no coins. */
export function legacySigops({ inputs, outputs }: Transaction): number {
  let count = 0;
  for (const { scriptSig } of inputs) count += countSigops(scriptSig, false);
  for (const { script } of outputs) count += countSigops(script, false);
  return count;
}

/** In the scripts behind the hashes that are spent. `spent`: what each input spends; not for a coinbase. */
export function payToScriptHashSigops({ inputs }: Transaction, spent: readonly Output[]): number {
  let count = 0;
  for (const [i, { scriptSig }] of inputs.entries()) {
    if (!isPayToScriptHash((spent[i] as Output).script)) continue;
    const redeemScript = lastPush(scriptSig);
    if (redeemScript !== undefined) count += countSigops(redeemScript, true);
  }
  return count;
}

/** In version 0 witnesses, whether spent directly or behind a script hash. Taproot has its own budget. */
export function witnessSigops({ scriptSig, witness }: Input, { script }: Output): number {
  const program = witnessProgram(script);
  if (program !== undefined) return programSigops(program, witness);
  if (!isPayToScriptHash(script)) return 0;
  const nested = witnessProgram(lastPush(scriptSig) ?? NO_BYTES);
  return nested === undefined ? 0 : programSigops(nested, witness);
}

function programSigops({ version, program }: WitnessProgram, witness: Witness): number {
  if (version !== 0) return 0;
  if (program.length === 20) return 1;
  const witnessScript = witness.at(-1);
  return program.length === 32 && witnessScript !== undefined ? countSigops(witnessScript, true) : 0;
}

/**
 * The part of an input's cost that depends on what it spends: the script that stands in `bytes` from
 * `from` on, up to `to`. The input is that of a block.
 */
export function spendingSigopCost(
  layout: BlockLayout, input: number, bytes: Bytes, from: number, to: number, flags: number,
): number {
  const length = to - from;
  if (length === 23 && bytes[from] === OP_HASH160 && isPayToScriptHash(bytes.subarray(from, to))) {
    const { scriptSigs, sequences } = layout;
    const redeemScript = lastPush(layout.bytes.subarray(scriptSigs[input], sequences[input])) ?? NO_BYTES;
    const cost = (flags & VERIFY_P2SH) === 0 ? 0 : countSigops(redeemScript, true) * WITNESS_SCALE_FACTOR;
    return cost + programSigopsIn(layout, input, redeemScript, 0, redeemScript.length, flags);
  }
  return programSigopsIn(layout, input, bytes, from, to, flags);
}

function programSigopsIn(
  { bytes: block, lastItemEnds, lastItems }: BlockLayout,
  input: number, bytes: Bytes, from: number, to: number, flags: number,
): number {
  const length = to - from;
  if ((flags & VERIFY_WITNESS) === 0 || bytes[from] !== OP_0 || bytes[from + 1] !== length - 2) return 0;
  if (length === 22) return 1;
  const isScriptHash = length === 34;
  return isScriptHash ? countSigopsIn(block, lastItems[input] as number,
    lastItemEnds[input] as number, true) : 0;
}

/** What a scriptSig of nothing but pushes pushes last; `undefined` for any other. */
function lastPush(scriptSig: Bytes): Bytes | undefined {
  if (!isPushOnly(scriptSig)) return undefined;
  const cursor = new ScriptCursor(scriptSig);
  let last = NO_BYTES;
  // OP_1 to OP_16 leave nothing behind that could be a script.
  while (cursor.next()) last = cursor.opcode <= 0x4e ? cursor.data : NO_BYTES;
  return last;
}

/**
 * The whole cost of a transaction under `flags`, of which blocks may hold 80,000 (BIP141). `spent`:
 * what each input spends; empty for a coinbase.
 */
export function transactionSigopCost(
  transaction: Transaction, spent: readonly Output[], flags: number,
): number {
  let cost = legacySigops(transaction) * WITNESS_SCALE_FACTOR;
  if (spent.length === 0) return cost;
  if ((flags & VERIFY_P2SH) !== 0) cost += payToScriptHashSigops(transaction, spent) * WITNESS_SCALE_FACTOR;
  if ((flags & VERIFY_WITNESS) === 0) return cost;
  for (const [i, input] of transaction.inputs.entries()) cost += witnessSigops(input, spent[i] as Output);
  return cost;
}
