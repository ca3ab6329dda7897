/**
 * What signatures of taproot outputs sign (BIP341), alone or inside a tapscript (BIP342).
 *
 * @module
 */
import { assert } from "../base/assert.ts";
import { type Bytes, NO_BYTES } from "../base/bytes.ts";
import { ByteWriter, countSize } from "../codec/byte_writer.ts";
import { sha256, startTaggedHash } from "../crypto/crypto.ts";
import type { Input, Output } from "../primitives/transaction.ts";
import { SIGHASH_ANYONE_CAN_PAY, SIGHASH_NONE, SIGHASH_SINGLE, type SighashContext } from "./sighash.ts";

/** The tapscript in which the signature stands. */
export interface TapscriptPlace {
  readonly leafHash: Bytes;
  /** Index, in operations, of the last executed OP_CODESEPARATOR; or `NO_CODE_SEPARATOR`. */
  readonly codeSeparatorPosition: number;
}

export const NO_CODE_SEPARATOR = 0xffff_ffff;

const EPOCH = 0;
const KEY_VERSION = 0;
/** Of a tapscript's part of the message. */
const PLACE_BYTES = 37;

/**
 * The hash that a signature of input `index` signs; `undefined` when it cannot be right, because
 * the hash type is unknown or asks for an output that does not exist.
 *
 * `annex` is with its first byte, 0x50. Without `place` the output is spent by its key.
 */
export function taprootSighash(
  context: SighashContext, index: number, hashType: number, annex?: Bytes, place?: TapscriptPlace,
): Bytes | undefined {
  if (!isTaprootHashType(hashType)) return undefined;
  const { transaction, spent } = context;
  assert(spent.length === transaction.inputs.length, "each input spends one output");
  const outputType = hashType & 3;
  if (outputType === SIGHASH_SINGLE && index >= transaction.outputs.length) return undefined;
  const shared = isAlone(hashType) ? undefined : sharedPart(context);
  const one = outputType === SIGHASH_SINGLE ? sha256(context.outputBytes(index)) : NO_BYTES;
  const signsAll = outputType !== SIGHASH_SINGLE && outputType !== SIGHASH_NONE;
  const all = signsAll ? context.shared.outputs : NO_BYTES;
  const annexHash = annex === undefined ? NO_BYTES : sha256(withLength(annex));
  const own = shared === undefined ? ownPart(context, index) : undefined;
  const input = startTaggedHash("TapSighash", 11 +
    (shared === undefined ? 0 : 4 * 32) + all.length + (own?.length ?? 4) +
    annexHash.length + one.length + (place === undefined ? 0 : PLACE_BYTES));
  input.u8(EPOCH).u8(hashType).u32(transaction.version).u32(transaction.locktime);
  if (shared !== undefined) for (const hash of shared) input.bytes(hash);
  input.bytes(all).u8((place === undefined ? 0 : 2) + (annex === undefined ? 0 : 1));
  if (own === undefined) input.u32(index);
  else input.bytes(own);
  input.bytes(annexHash).bytes(one);
  if (place !== undefined) input.bytes(place.leafHash).u8(KEY_VERSION).u32(place.codeSeparatorPosition);
  return input.sha256();
}

/** 0 to 3, and 0x81 to 0x83. */
export function isTaprootHashType(hashType: number): boolean {
  const outputType = hashType & ~SIGHASH_ANYONE_CAN_PAY;
  return outputType <= SIGHASH_SINGLE && hashType !== SIGHASH_ANYONE_CAN_PAY;
}

function sharedPart(context: SighashContext): readonly Bytes[] {
  const { prevouts, sequences } = context.shared;
  return [prevouts, context.spentAmountsHash, context.spentScriptsHash, sequences];
}

/** What is signed of an input whose signature covers no other. */
function ownPart({ transaction, spent }: SighashContext, index: number): Bytes {
  const { prevout, sequence } = transaction.inputs[index] as Input;
  const { value, script } = spent[index] as Output;
  const writer = new ByteWriter(48 + countSize(script.length) + script.length);
  writer.bytes(prevout.txid).u32(prevout.index).i64FromNumber(value).varBytes(script).u32(sequence);
  return writer.finish();
}

function isAlone(hashType: number): boolean {
  return (hashType & SIGHASH_ANYONE_CAN_PAY) !== 0;
}

function withLength(bytes: Bytes): Bytes {
  return new ByteWriter(countSize(bytes.length) + bytes.length).varBytes(bytes).finish();
}
