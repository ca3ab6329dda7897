/**
 * What signatures sign: hash types, and the hashes that all inputs of a transaction share.
 *
 * The three ways of hashing are in `legacy_sighash.ts`, `segwit_sighash.ts` (BIP143) and
 * `taproot_sighash.ts` (BIP341, BIP342).
 *
 * @module
 */
import type { Bytes } from "../base/bytes.ts";
import { ByteWriter, countSize } from "../codec/byte_writer.ts";
import { sha256 } from "../crypto/crypto.ts";
import type { Output, Transaction } from "../primitives/transaction.ts";

/** Taproot only: as `ALL`, and saves the byte. */
export const SIGHASH_DEFAULT = 0x00;
export const SIGHASH_ALL = 0x01;
export const SIGHASH_NONE = 0x02;
export const SIGHASH_SINGLE = 0x03;
/** Added to one of the others: the other inputs are not signed. */
export const SIGHASH_ANYONE_CAN_PAY = 0x80;

/** The bits of a hash type that say which outputs are signed, before taproot. */
const OUTPUT_MASK = 0x1f;

export function signsNoOutputs(hashType: number): boolean {
  return (hashType & OUTPUT_MASK) === SIGHASH_NONE;
}

export function signsOneOutput(hashType: number): boolean {
  return (hashType & OUTPUT_MASK) === SIGHASH_SINGLE;
}

export function signsOneInput(hashType: number): boolean {
  return (hashType & SIGHASH_ANYONE_CAN_PAY) !== 0;
}

/**
 * A transaction whose inputs are being signed or checked. Each shared hash is computed once, when
 * first asked for; all are single SHA-256.
 *
 * Outputs are hashed as they stand in the transaction's own bytes, so that no amount, however odd,
 * is hashed as another than was sent.
 */
export class SighashContext {
  readonly transaction: Transaction;
  /** What the inputs spend, in their order. */
  readonly spent: readonly Output[];
  #outputsStart: number | undefined;
  #prevoutsHash: Bytes | undefined;
  #sequencesHash: Bytes | undefined;
  #outputsHash: Bytes | undefined;
  #spentAmountsHash: Bytes | undefined;
  #spentScriptsHash: Bytes | undefined;

  constructor(transaction: Transaction, spent: readonly Output[]) {
    this.transaction = transaction;
    this.spent = spent;
  }

  get prevoutsHash(): Bytes {
    this.#prevoutsHash ??= sha256(writePrevouts(this.transaction));
    return this.#prevoutsHash;
  }

  get sequencesHash(): Bytes {
    this.#sequencesHash ??= sha256(writeSequences(this.transaction));
    return this.#sequencesHash;
  }

  get outputsHash(): Bytes {
    this.#outputsHash ??= sha256(this.outputsBytes);
    return this.#outputsHash;
  }

  get spentAmountsHash(): Bytes {
    this.#spentAmountsHash ??= sha256(writeAmounts(this.spent));
    return this.#spentAmountsHash;
  }

  get spentScriptsHash(): Bytes {
    this.#spentScriptsHash ??= sha256(writeScripts(this.spent));
    return this.#spentScriptsHash;
  }

  /** All outputs, without their count. */
  get outputsBytes(): Bytes {
    const start = this.#startOfOutputs();
    return this.transaction.bytes.subarray(start, start + outputsSize(this.transaction.outputs));
  }

  /** The output at `index`, which exists. */
  outputBytes(index: number): Bytes {
    const start = this.#startOfOutputs() + outputsSize(this.transaction.outputs.slice(0, index));
    const size = outputsSize(this.transaction.outputs.slice(index, index + 1));
    return this.transaction.bytes.subarray(start, start + size);
  }

  #startOfOutputs(): number {
    if (this.#outputsStart === undefined) {
      const { inputs, outputs, hasWitness } = this.transaction;
      let offset = 4 + (hasWitness ? 2 : 0) + countSize(inputs.length) + countSize(outputs.length);
      for (const { scriptSig } of inputs) offset += 40 + countSize(scriptSig.length) + scriptSig.length;
      this.#outputsStart = offset;
    }
    return this.#outputsStart;
  }
}

function outputsSize(outputs: readonly Output[]): number {
  let size = 0;
  for (const { script } of outputs) size += 8 + countSize(script.length) + script.length;
  return size;
}

function writePrevouts({ inputs }: Transaction): Bytes {
  const writer = new ByteWriter(36 * inputs.length);
  for (const { prevout } of inputs) writer.bytes(prevout.txid).u32(prevout.index);
  return writer.finish();
}

function writeSequences({ inputs }: Transaction): Bytes {
  const writer = new ByteWriter(4 * inputs.length);
  for (const { sequence } of inputs) writer.u32(sequence);
  return writer.finish();
}

function writeAmounts(outputs: readonly Output[]): Bytes {
  const writer = new ByteWriter(8 * outputs.length);
  for (const { value } of outputs) writer.i64FromNumber(value);
  return writer.finish();
}

function writeScripts(outputs: readonly Output[]): Bytes {
  let size = 0;
  for (const { script } of outputs) size += countSize(script.length) + script.length;
  const writer = new ByteWriter(size);
  for (const { script } of outputs) writer.varBytes(script);
  return writer.finish();
}
