/**
 * What signatures in version 0 witnesses sign (BIP143).
 *
 * @module
 */
import type { Bytes } from "../base/bytes.ts";
import { countSize } from "../codec/byte_writer.ts";
import { hash256, startHash } from "../crypto/crypto.ts";
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
  const shared = context.sharedTwice;
  const alone = signsOneInput(hashType);
  const allOutputs = !signsOneOutput(hashType) && !signsNoOutputs(hashType);
  const outputs = allOutputs ? shared.outputs : oneOutputHash(context, index, hashType);
  const input = startHash(156 + countSize(scriptCode.length) + scriptCode.length);
  input.u32(transaction.version);
  input.bytes(alone ? ZERO_HASH : shared.prevouts);
  input.bytes(alone || !allOutputs ? ZERO_HASH : shared.sequences);
  input.bytes(prevout.txid).u32(prevout.index).varBytes(scriptCode).i64(value).u32(sequence);
  input.bytes(outputs).u32(transaction.locktime).u32(hashType);
  return input.hash256();
}

/** The script code of a version 0 witness program of 20 bytes. */
export function keyHashScriptCode(keyHash: Bytes): Bytes {
  return payToPublicKeyHash(keyHash);
}

function oneOutputHash(context: SighashContext, index: number, hashType: number): Bytes {
  if (signsNoOutputs(hashType) || index >= context.transaction.outputs.length) return ZERO_HASH;
  return hash256(context.outputBytes(index));
}
