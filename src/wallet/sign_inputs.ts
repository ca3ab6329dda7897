/**
 * Signs what a set of keys can sign, in outputs of the usual forms (Bitcoin Core: script/sign.cpp).
 *
 * What was signed before is kept: an input that is complete as it is, and in multisig scripts the
 * signatures of others.
 *
 * @module
 */
import { type Bytes, concatBytes, NO_BYTES, toHex } from "../base/bytes.ts";
import { curve } from "../crypto/crypto.ts";
import type { Input, Output } from "../primitives/transaction.ts";
import { STANDARD_VERIFY_FLAGS } from "../script/flags.ts";
import { TransactionChecker } from "../script/interpreter/transaction_checker.ts";
import type { ScriptError } from "../script/interpreter/script_error.ts";
import { verifyScript } from "../script/interpreter/verify_script.ts";
import { legacySighash } from "../script/legacy_sighash.ts";
import { operations, pushBytes } from "../script/script.ts";
import { keyHashScriptCode, segwitSighash } from "../script/segwit_sighash.ts";
import { SIGHASH_ALL, SIGHASH_DEFAULT, type SighashContext } from "../script/sighash.ts";
import { taprootSighash } from "../script/taproot_sighash.ts";
import { classifyScript, COMPRESSED_KEY_BYTES } from "../script/templates.ts";
import type { KeyRing } from "./key_ring.ts";
import { type Satisfaction, withHashType } from "./owned_script.ts";

/** What signing an input came to. */
export interface SignedInput extends Satisfaction {
  /** Why the output may still not be spent; `undefined` when it may. */
  readonly error: ScriptError | undefined;
}

type Version = "base" | "witness-v0";

const NO_AUXILIARY: Bytes = new Uint8Array(32);

export class InputSigner {
  readonly #context: SighashContext;
  readonly #keys: KeyRing;
  readonly #hashType: number;
  /** Taproot signatures cover all outputs that are spent: without one of them there are none. */
  readonly #knowsAllSpent: boolean;

  /** `hashType`: `SIGHASH_DEFAULT` for the usual one of each form. */
  constructor(context: SighashContext, keys: KeyRing, hashType: number, knowsAllSpent: boolean) {
    this.#context = context;
    this.#keys = keys;
    this.#hashType = hashType;
    this.#knowsAllSpent = knowsAllSpent;
  }

  sign(index: number): SignedInput {
    const { scriptSig, witness } = this.#context.transaction.inputs[index] as Input;
    const given = { scriptSig, witness };
    if (this.verify(index, given) === undefined) return { ...given, error: undefined };
    const made = this.#satisfy(index, given);
    return { ...made, error: this.verify(index, made) };
  }

  /**
   * What several signers have made of the input at `index`, as one: the first that is complete, or
   * all together.
   */
  combine(index: number, variants: readonly Satisfaction[]): Satisfaction {
    const complete = variants.find((variant) => this.verify(index, variant) === undefined);
    if (complete !== undefined) return { scriptSig: complete.scriptSig, witness: complete.witness };
    const scriptSig = pushAll(variants.flatMap((variant) => pushedBy(variant.scriptSig)));
    return this.#satisfy(index, { scriptSig, witness: variants.flatMap(({ witness }) => witness.slice()) });
  }

  /** Whether `satisfaction` spends the output of the input at `index`. */
  verify(index: number, satisfaction: Satisfaction): ScriptError | undefined {
    const { script } = this.#context.spent[index] as Output;
    const checker = new TransactionChecker(this.#context, index);
    const witness = satisfaction.witness.slice();
    return verifyScript({ ...satisfaction, witness, script, flags: STANDARD_VERIFY_FLAGS, checker });
  }

  #satisfy(index: number, given: Satisfaction): Satisfaction {
    const { script } = this.#context.spent[index] as Output;
    const template = classifyScript(script);
    if (template.type !== "scripthash") return this.#satisfyProgram(index, script, given);
    const pushes = pushedBy(given.scriptSig);
    const redeem = this.#keys.script(template.hash) ?? pushes.at(-1);
    if (redeem === undefined || redeem.length === 0) return { scriptSig: NO_BYTES, witness: [] };
    const inner = this.#satisfyProgram(index, redeem,
      { ...given, scriptSig: withoutLast(given.scriptSig, pushes) });
    return { ...inner, scriptSig: concatBytes(inner.scriptSig, pushBytes(redeem)) };
  }

  /** Of an output script, or of the script behind P2SH. */
  #satisfyProgram(index: number, script: Bytes, given: Satisfaction): Satisfaction {
    const template = classifyScript(script);
    switch (template.type) {
      case "witness_v0_keyhash": {
        const code = keyHashScriptCode(template.hash);
        return { scriptSig: NO_BYTES, witness: this.#elements(index, code, "witness-v0", given.witness.slice()) };
      }
      case "witness_v0_scripthash": {
        const inner = this.#keys.script(template.hash) ?? given.witness.at(-1);
        if (inner === undefined) return { scriptSig: NO_BYTES, witness: [] };
        const elements = this.#elements(index, inner, "witness-v0", given.witness.slice(0, -1));
        return { scriptSig: NO_BYTES, witness: [...elements, inner] };
      }
      case "witness_v1_taproot": {
        const signature = this.#schnorrSignature(index, template.key);
        return { scriptSig: NO_BYTES, witness: signature === undefined ? [] : [signature] };
      }
      default: {
        const elements = this.#elements(index, script, "base", pushedBy(given.scriptSig));
        return { scriptSig: pushAll(elements), witness: [] };
      }
    }
  }

  /**
   * What satisfies a script that asks for signatures, as far as it can be made; nothing for other
   * scripts. `given`: what its input has now.
   */
  #elements(index: number, script: Bytes, version: Version, given: readonly Bytes[]): readonly Bytes[] {
    const template = classifyScript(script);
    const sign = (key: Bytes): Bytes | undefined => this.#ecdsaSignature(index, key, script, version);
    switch (template.type) {
      case "pubkey": {
        const signature = sign(template.key);
        return signature === undefined ? [] : [signature];
      }
      case "pubkeyhash": {
        const pair = this.#keys.byHash(template.hash);
        const signature = pair && sign(pair.publicKey);
        return pair === undefined || signature === undefined ? [] : [signature, pair.publicKey];
      }
      case "multisig": {
        const old = this.#signaturesIn(index, given, template.keys, script, version);
        const made = template.keys.map((key) => old.get(toHex(key)) ?? sign(key));
        const signatures = made.filter((signature) => signature !== undefined).slice(0, template.required);
        const missing = template.required - signatures.length;
        // OP_CHECKMULTISIG takes one element too many.
        return [NO_BYTES, ...signatures, ...new Array<Bytes>(missing).fill(NO_BYTES)];
      }
      default:
        return [];
    }
  }

  /** The good signatures among `given`, by the key in hex that made them. */
  #signaturesIn(
    index: number, given: readonly Bytes[], keys: readonly Bytes[], script: Bytes, version: Version,
  ): ReadonlyMap<string, Bytes> {
    const checker = new TransactionChecker(this.#context, index);
    const found = new Map<string, Bytes>();
    for (const signature of given) {
      if (signature.length === 0) continue;
      const key = keys.find((each) =>
        !found.has(toHex(each)) && checker.checkEcdsa(signature, each, script, version));
      if (key !== undefined) found.set(toHex(key), signature);
    }
    return found;
  }

  #ecdsaSignature(index: number, publicKey: Bytes, script: Bytes, version: Version): Bytes | undefined {
    const pair = this.#keys.byPublicKey(publicKey);
    if (pair === undefined) return undefined;
    if (version === "witness-v0" && publicKey.length !== COMPRESSED_KEY_BYTES) return undefined;
    const hashType = this.#hashType === SIGHASH_DEFAULT ? SIGHASH_ALL : this.#hashType;
    const sighash = version === "base" ? legacySighash : segwitSighash;
    const hash = sighash(this.#context, index, script, hashType);
    return withHashType(curve().signEcdsa(hash, pair.secretKey), hashType);
  }

  #schnorrSignature(index: number, outputKey: Bytes): Bytes | undefined {
    const secret = this.#knowsAllSpent ? this.#keys.taprootSecret(outputKey) : undefined;
    const hash = secret && taprootSighash(this.#context, index, this.#hashType);
    if (secret === undefined || hash === undefined) return undefined;
    const signature = curve().signSchnorr(hash, secret, NO_AUXILIARY);
    return this.#hashType === SIGHASH_DEFAULT ? signature : withHashType(signature, this.#hashType);
  }
}

/** What a scriptSig pushes, as far as it does nothing else. */
function pushedBy(script: Bytes): readonly Bytes[] {
  const pushes: Bytes[] = [];
  for (const { data } of operations(script)) pushes.push(data ?? NO_BYTES);
  return pushes;
}

/** `script` without its last push, of which `pushes` are what it pushes. */
function withoutLast(script: Bytes, pushes: readonly Bytes[]): Bytes {
  return script.length === 0 ? script : pushAll(pushes.slice(0, -1));
}

/** An empty element is OP_0, which is what a push of no bytes is. */
function pushAll(stack: readonly Bytes[]): Bytes {
  return concatBytes(...stack.map((element) => pushBytes(element)));
}
