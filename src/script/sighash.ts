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
import { sha256, startHash } from "../crypto/crypto.ts";
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

/** What all inputs of a transaction share, each in the order of the inputs or outputs. */
export interface SharedHashes {
  readonly prevouts: Bytes;
  readonly sequences: Bytes;
  readonly outputs: Bytes;
}

/**
 * A transaction whose inputs are being signed or checked. What they share is computed once, when
 * first asked for.
 *
 * Outputs are hashed as they stand in the transaction's own bytes, so that no amount, however odd,
 * is hashed as another than was sent.
 */
export class SighashContext {
  readonly transaction: Transaction;
  /** What the inputs spend, in their order. */
  readonly spent: readonly Output[];
  #outputsStart: number | undefined;
  #outputsBytes: Bytes | undefined;
  #blankInputs: Bytes | undefined;
  #shared: SharedHashes | undefined;
  #sharedTwice: SharedHashes | undefined;
  #spentAmountsHash: Bytes | undefined;
  #spentScriptsHash: Bytes | undefined;

  constructor(transaction: Transaction, spent: readonly Output[]) {
    this.transaction = transaction;
    this.spent = spent;
  }

  /** Single SHA-256, as taproot has them (BIP341). */
  get shared(): SharedHashes {
    this.#shared ??= {
      prevouts: hashPrevouts(this.transaction),
      sequences: hashSequences(this.transaction),
      outputs: sha256(this.outputsBytes),
    };
    return this.#shared;
  }

  /** Double SHA-256, as version 0 witnesses have them (BIP143). */
  get sharedTwice(): SharedHashes {
    if (this.#sharedTwice === undefined) {
      const { prevouts, sequences, outputs } = this.shared;
      this.#sharedTwice = {
        prevouts: sha256(prevouts), sequences: sha256(sequences), outputs: sha256(outputs),
      };
    }
    return this.#sharedTwice;
  }

  get spentAmountsHash(): Bytes {
    this.#spentAmountsHash ??= hashAmounts(this.spent);
    return this.#spentAmountsHash;
  }

  get spentScriptsHash(): Bytes {
    this.#spentScriptsHash ??= hashScripts(this.spent);
    return this.#spentScriptsHash;
  }

  /** All inputs with no scriptSig, `BLANK_INPUT_BYTES` each, without their count. */
  get blankInputs(): Bytes {
    this.#blankInputs ??= writeBlankInputs(this.transaction);
    return this.#blankInputs;
  }

  /** All outputs, without their count. */
  get outputsBytes(): Bytes {
    if (this.#outputsBytes === undefined) {
      const { bytes, outputs } = this.transaction;
      const start = this.#startOfOutputs();
      this.#outputsBytes = bytes.subarray(start, start + outputsSize(outputs));
    }
    return this.#outputsBytes;
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

/** The output that it spends, the length of no script, and its sequence. */
export const BLANK_INPUT_BYTES = 41;

function outputsSize(outputs: readonly Output[]): number {
  let size = 0;
  for (const { script } of outputs) size += 8 + countSize(script.length) + script.length;
  return size;
}

function writeBlankInputs({ inputs }: Transaction): Bytes {
  const writer = new ByteWriter(BLANK_INPUT_BYTES * inputs.length);
  for (const { prevout, sequence } of inputs) {
    writer.bytes(prevout.txid).u32(prevout.index).u8(0).u32(sequence);
  }
  return writer.finish();
}

function hashPrevouts({ inputs }: Transaction): Bytes {
  const input = startHash(36 * inputs.length);
  for (const { prevout } of inputs) input.bytes(prevout.txid).u32(prevout.index);
  return input.sha256();
}

function hashSequences({ inputs }: Transaction): Bytes {
  const input = startHash(4 * inputs.length);
  for (const { sequence } of inputs) input.u32(sequence);
  return input.sha256();
}

function hashAmounts(outputs: readonly Output[]): Bytes {
  const input = startHash(8 * outputs.length);
  for (const { value } of outputs) input.i64(value);
  return input.sha256();
}

function hashScripts(outputs: readonly Output[]): Bytes {
  let size = 0;
  for (const { script } of outputs) size += countSize(script.length) + script.length;
  const input = startHash(size);
  for (const { script } of outputs) input.varBytes(script);
  return input.sha256();
}
