/**
 * What signatures in version 0 witnesses sign (BIP143).
 *
 * @module
 */
import type { Bytes } from "../base/bytes.ts";
import { ByteWriter, countSize } from "../codec/byte_writer.ts";
import { hash256, sha256 } from "../crypto/crypto.ts";
import { ZERO_HASH } from "../primitives/hash.ts";
import type { Input, Output } from "../primitives/transaction.ts";
import { payToPublicKeyHash } from "./templates.ts";
import { type SighashContext, signsNoOutputs, signsOneInput, signsOneOutput } from "./sighash.ts";

/**
 * The hash that a signature of input `index` signs. `scriptCode` is the witness script, from the
 * last executed OP_CODESEPARATOR on; for a key hash, `keyHashScriptCode`.
 */
export function segwitSighash(
  context: SighashContext, index: number, scriptCode: Bytes, hashType: number,
): Bytes {
  const { transaction } = context;
  const { prevout, sequence } = transaction.inputs[index] as Input;
  const { value } = context.spent[index] as Output;
  const alone = signsOneInput(hashType);
  const allOutputs = !signsOneOutput(hashType) && !signsNoOutputs(hashType);
  const writer = new ByteWriter(156 + countSize(scriptCode.length) + scriptCode.length);
  writer.u32(transaction.version);
  writer.bytes(alone ? ZERO_HASH : sha256(context.prevoutsHash));
  writer.bytes(alone || !allOutputs ? ZERO_HASH : sha256(context.sequencesHash));
  writer.bytes(prevout.txid).u32(prevout.index).varBytes(scriptCode).i64FromNumber(value).u32(sequence);
  writer.bytes(outputsHash(context, index, hashType));
  writer.u32(transaction.locktime).u32(hashType >>> 0);
  return hash256(writer.finish());
}

/** The script code of a version 0 witness program of 20 bytes. */
export function keyHashScriptCode(keyHash: Bytes): Bytes {
  return payToPublicKeyHash(keyHash);
}

function outputsHash(context: SighashContext, index: number, hashType: number): Bytes {
  if (signsNoOutputs(hashType)) return ZERO_HASH;
  if (!signsOneOutput(hashType)) return sha256(context.outputsHash);
  return index < context.transaction.outputs.length ? hash256(context.outputBytes(index)) : ZERO_HASH;
}
