/**
 * What signatures of taproot outputs sign (BIP341), alone or inside a tapscript (BIP342).
 *
 * @module
 */
import { assert } from "../base/assert.ts";
import { type Bytes, concatBytes, NO_BYTES } from "../base/bytes.ts";
import { ByteWriter, countSize } from "../codec/byte_writer.ts";
import { sha256, taggedHash } from "../crypto/crypto.ts";
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
  const outputs = signedOutputs(context, index, hashType);
  if (outputs === undefined) return undefined;
  return taggedHash("TapSighash", concatBytes(
    Uint8Array.of(EPOCH, hashType),
    sharedPart(context, hashType),
    outputs.all,
    Uint8Array.of((place === undefined ? 0 : 2) + (annex === undefined ? 0 : 1)),
    inputPart(context, index, hashType),
    annex === undefined ? NO_BYTES : sha256(withLength(annex)),
    outputs.one,
    place === undefined ? NO_BYTES : placePart(place),
  ));
}

/** 0 to 3, and 0x81 to 0x83. */
export function isTaprootHashType(hashType: number): boolean {
  const outputType = hashType & ~SIGHASH_ANYONE_CAN_PAY;
  return outputType <= SIGHASH_SINGLE && hashType !== SIGHASH_ANYONE_CAN_PAY;
}

function sharedPart(context: SighashContext, hashType: number): Bytes {
  const { transaction, spent } = context;
  assert(spent.length === transaction.inputs.length, "each input spends one output");
  const alone = isAlone(hashType);
  const writer = new ByteWriter(8 + (alone ? 0 : 4 * 32)).u32(transaction.version).u32(transaction.locktime);
  if (!alone) {
    writer.bytes(context.prevoutsHash).bytes(context.spentAmountsHash);
    writer.bytes(context.spentScriptsHash).bytes(context.sequencesHash);
  }
  return writer.finish();
}

/** The hash of all outputs, of one, or nothing: they stand in different places. */
function signedOutputs(
  context: SighashContext, index: number, hashType: number,
): { readonly all: Bytes; readonly one: Bytes } | undefined {
  const outputType = hashType & 3;
  if (outputType === SIGHASH_NONE) return { all: NO_BYTES, one: NO_BYTES };
  if (outputType !== SIGHASH_SINGLE) return { all: context.outputsHash, one: NO_BYTES };
  if (index >= context.transaction.outputs.length) return undefined;
  return { all: NO_BYTES, one: sha256(context.outputBytes(index)) };
}

function inputPart({ transaction, spent }: SighashContext, index: number, hashType: number): Bytes {
  if (!isAlone(hashType)) return new ByteWriter(4).u32(index).finish();
  const { prevout, sequence } = transaction.inputs[index] as Input;
  const { value, script } = spent[index] as Output;
  const writer = new ByteWriter(48 + countSize(script.length) + script.length);
  writer.bytes(prevout.txid).u32(prevout.index).i64FromNumber(value).varBytes(script).u32(sequence);
  return writer.finish();
}

function placePart({ leafHash, codeSeparatorPosition }: TapscriptPlace): Bytes {
  return new ByteWriter(37).bytes(leafHash).u8(KEY_VERSION).u32(codeSeparatorPosition).finish();
}

function isAlone(hashType: number): boolean {
  return (hashType & SIGHASH_ANYONE_CAN_PAY) !== 0;
}

function withLength(bytes: Bytes): Bytes {
  return new ByteWriter(countSize(bytes.length) + bytes.length).varBytes(bytes).finish();
}
