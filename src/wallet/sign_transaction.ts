import { assert } from "../base/assert.ts";
import type { Bytes } from "../base/bytes.ts";
import { randomBytes, type Rng } from "../base/rng.ts";
import { curve } from "../crypto/crypto.ts";
import { type Output, Transaction, type TransactionFields } from "../primitives/transaction.ts";
import { legacySighash } from "../script/legacy_sighash.ts";
import { keyHashScriptCode, segwitSighash } from "../script/segwit_sighash.ts";
import { SIGHASH_ALL, SIGHASH_DEFAULT, SighashContext } from "../script/sighash.ts";
import { taprootSighash } from "../script/taproot_sighash.ts";
import { type OwnedScript, satisfy, withHashType } from "./owned_script.ts";

/** An output to be spent, and the keys to it. */
export interface OwnedOutput extends Output {
  readonly owner: OwnedScript;
}

/** `unsigned` with every input signed. `spent`: what the inputs spend, in their order. */
export function signTransaction(
  unsigned: TransactionFields, spent: readonly OwnedOutput[], rng: Rng,
): Transaction {
  assert(spent.length === unsigned.inputs.length, "each input spends one output");
  const context = new SighashContext(Transaction.of(unsigned), spent);
  const inputs = unsigned.inputs.map((input, index) => {
    const { owner } = spent[index] as OwnedOutput;
    return { ...input, ...satisfy(owner, (key) => signInput(context, index, owner, key, rng)) };
  });
  return Transaction.of({ ...unsigned, inputs });
}

function signInput(context: SighashContext, index: number, owner: OwnedScript, key: Bytes, rng: Rng): Bytes {
  if (owner.kind === "p2tr") {
    const hash = taprootSighash(context, index, SIGHASH_DEFAULT);
    assert(hash !== undefined, "the default hash type can be signed");
    return curve().signSchnorr(hash, key, randomBytes(rng, 32));
  }
  return withHashType(curve().signEcdsa(ecdsaHash(context, index, owner), key), SIGHASH_ALL);
}

function ecdsaHash(context: SighashContext, index: number, { kind, script, inner }: OwnedScript): Bytes {
  switch (kind) {
    case "p2pkh":
      return legacySighash(context, index, script, SIGHASH_ALL);
    case "p2wpkh":
      return segwitSighash(context, index, keyHashScriptCode(script.subarray(2)), SIGHASH_ALL);
    case "p2sh-p2wpkh":
      return segwitSighash(context, index, keyHashScriptCode(inner.subarray(2)), SIGHASH_ALL);
    default:
      return segwitSighash(context, index, inner, SIGHASH_ALL);
  }
}
