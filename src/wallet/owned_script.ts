/**
 * The five kinds of output that the wallet can own, and what spends each.
 *
 * @module
 */
import { assert } from "../base/assert.ts";
import { type Bytes, concatBytes, NO_BYTES } from "../base/bytes.ts";
import { curve, hash160, sha256 } from "../crypto/crypto.ts";
import type { Witness } from "../primitives/witness.ts";
import { buildScript } from "../script/script.ts";
import { taprootOutputKey, tapTweakHash } from "../script/taproot.ts";
import {
  multisigScript, payToPublicKeyHash, payToScriptHash, payToTaproot, payToWitnessKeyHash,
  payToWitnessScriptHash,
} from "../script/templates.ts";

export const SCRIPT_KINDS = ["p2pkh", "p2wpkh", "p2sh-p2wpkh", "p2wsh-multisig", "p2tr"] as const;

export type ScriptKind = (typeof SCRIPT_KINDS)[number];

export interface KeyCount {
  readonly total: number;
  /** How many of them sign. */
  readonly required: number;
}

export const KEYS_OF_KIND: Readonly<Record<ScriptKind, KeyCount>> = {
  p2pkh: { total: 1, required: 1 },
  p2wpkh: { total: 1, required: 1 },
  "p2sh-p2wpkh": { total: 1, required: 1 },
  "p2wsh-multisig": { total: 3, required: 2 },
  p2tr: { total: 1, required: 1 },
};

export interface OwnedScript {
  readonly kind: ScriptKind;
  /** Of the output. */
  readonly script: Bytes;
  /** In the order of the multisig script; for p2tr the key that signs, already tweaked. */
  readonly secretKeys: readonly Bytes[];
  readonly publicKeys: readonly Bytes[];
  /** The script behind the hash in `script`, where there is one. */
  readonly inner: Bytes;
}

/** What goes into an input to spend its output. */
export interface Satisfaction {
  readonly scriptSig: Bytes;
  readonly witness: Witness;
}

export function ownScript(kind: ScriptKind, secretKeys: readonly Bytes[]): OwnedScript {
  assert(secretKeys.length === KEYS_OF_KIND[kind].total, `${secretKeys.length} keys are those of a ${kind}`);
  if (kind === "p2tr") return ownTaproot(secretKeys[0] as Bytes);
  const publicKeys = secretKeys.map((key) => curve().publicKey(key));
  const keyHash = hash160(publicKeys[0] as Bytes);
  const parts = { kind, secretKeys, publicKeys };
  switch (kind) {
    case "p2pkh":
      return { ...parts, script: payToPublicKeyHash(keyHash), inner: NO_BYTES };
    case "p2wpkh":
      return { ...parts, script: payToWitnessKeyHash(keyHash), inner: NO_BYTES };
    case "p2sh-p2wpkh": {
      const inner = payToWitnessKeyHash(keyHash);
      return { ...parts, script: payToScriptHash(hash160(inner)), inner };
    }
    case "p2wsh-multisig": {
      const inner = multisigScript(KEYS_OF_KIND[kind].required, publicKeys);
      return { ...parts, script: payToWitnessScriptHash(sha256(inner)), inner };
    }
  }
}

/** Spent by key alone, so the tweak commits to no script (BIP341, BIP86). */
function ownTaproot(internalSecret: Bytes): OwnedScript {
  const internalKey = curve().publicKey(internalSecret).subarray(1);
  const output = taprootOutputKey(internalKey);
  const secret = curve().tweakSecretKey(internalSecret, tapTweakHash(internalKey));
  assert(output !== undefined && secret !== undefined, "a hash does not cancel a key");
  const { key } = output;
  const script = payToTaproot(key);
  return { kind: "p2tr", script, secretKeys: [secret], publicKeys: [key], inner: NO_BYTES };
}

/** `sign` makes the signature of one of the secret keys, with its hash type. */
export function satisfy(owned: OwnedScript, sign: (secretKey: Bytes) => Bytes): Satisfaction {
  const { kind, secretKeys, publicKeys, inner } = owned;
  const signatures = secretKeys.slice(0, KEYS_OF_KIND[kind].required).map(sign);
  const withKey = [signatures[0] as Bytes, publicKeys[0] as Bytes];
  switch (kind) {
    case "p2pkh":
      return { scriptSig: buildScript(...withKey), witness: [] };
    case "p2wpkh":
      return { scriptSig: NO_BYTES, witness: withKey };
    case "p2sh-p2wpkh":
      return { scriptSig: buildScript(inner), witness: withKey };
    case "p2wsh-multisig":
      // OP_CHECKMULTISIG takes one element too many.
      return { scriptSig: NO_BYTES, witness: [NO_BYTES, ...signatures, inner] };
    case "p2tr":
      return { scriptSig: NO_BYTES, witness: signatures };
  }
}

/** As large as a satisfaction can get; its signatures are zeros. */
export function largestSatisfaction(owned: OwnedScript): Satisfaction {
  const signature = new Uint8Array(owned.kind === "p2tr" ? SCHNORR_BYTES : ECDSA_BYTES_MAX);
  return satisfy(owned, () => signature);
}

const SCHNORR_BYTES = 64;
/** DER with a low S and any R, and the hash type. */
const ECDSA_BYTES_MAX = 72;

export function withHashType(signature: Bytes, hashType: number): Bytes {
  return concatBytes(signature, Uint8Array.of(hashType));
}
