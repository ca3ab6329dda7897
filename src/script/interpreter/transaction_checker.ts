import type { Bytes } from "../../base/bytes.ts";
import { curve } from "../../crypto/crypto.ts";
import { type Input, SEQUENCE_FINAL, type Transaction } from "../../primitives/transaction.ts";
import { legacySighash } from "../legacy_sighash.ts";
import { segwitSighash } from "../segwit_sighash.ts";
import type { KnownSignatures } from "../signature_cache.ts";
import { SIGHASH_DEFAULT, type SighashContext } from "../sighash.ts";
import { type TapscriptPlace, taprootSighash } from "../taproot_sighash.ts";
import type { ScriptError } from "./script_error.ts";
import type { ScriptVersion, SignatureChecker } from "./script_state.ts";

/** Lock times below it are heights, others are seconds since 1970. */
const LOCKTIME_THRESHOLD = 500_000_000;
/** BIP68: bits of a sequence that mean something, and the one that means seconds. */
const SEQUENCE_LOCKTIME_DISABLED = 0x8000_0000;
const SEQUENCE_LOCKTIME_TYPE = 0x0040_0000;
const SEQUENCE_LOCKTIME_MASK = SEQUENCE_LOCKTIME_TYPE | 0xffff;

interface EcdsaHash {
  readonly scriptCode: Bytes;
  readonly hashType: number;
  readonly version: ScriptVersion;
  readonly hash: Bytes;
}

/** Answers for one input of a transaction. */
export class TransactionChecker implements SignatureChecker {
  readonly #context: SighashContext;
  readonly #index: number;
  readonly #known: KnownSignatures | undefined;
  #last: EcdsaHash | undefined;

  /** `known`: signatures that need not be checked again. */
  constructor(context: SighashContext, index: number, known?: KnownSignatures) {
    this.#known = known;
    this.#context = context;
    this.#index = index;
  }

  checkEcdsa(signature: Bytes, key: Bytes, scriptCode: Bytes, version: ScriptVersion): boolean {
    const hashType = signature.at(-1);
    if (hashType === undefined) return false;
    const hash = this.#ecdsaHash(scriptCode, hashType, version);
    const plain = signature.subarray(0, -1);
    const known = this.#known;
    if (known === undefined) return curve().verifyEcdsa(plain, hash, key);
    return known.check("ecdsa", hash, key, plain, () => curve().verifyEcdsa(plain, hash, key));
  }

  #isGoodSchnorr(signature: Bytes, hash: Bytes, key: Bytes): boolean {
    const known = this.#known;
    if (known === undefined) return curve().verifySchnorr(signature, hash, key);
    return known.check("schnorr", hash, key, signature, () => curve().verifySchnorr(signature, hash, key));
  }

  /** A multisig asks for the same one for each of its keys. */
  #ecdsaHash(scriptCode: Bytes, hashType: number, version: ScriptVersion): Bytes {
    const last = this.#last;
    const isSame = last?.scriptCode === scriptCode && last.hashType === hashType && last.version === version;
    if (isSame) return last.hash;
    const sighash = version === "base" ? legacySighash : segwitSighash;
    const hash = sighash(this.#context, this.#index, scriptCode, hashType);
    this.#last = { scriptCode, hashType, version, hash };
    return hash;
  }

  checkSchnorr(
    signature: Bytes, key: Bytes, annex: Bytes | undefined, place: TapscriptPlace | undefined,
  ): ScriptError | undefined {
    if (signature.length !== 64 && signature.length !== 65) return "SCHNORR_SIG_SIZE";
    const hashType = signature[64] ?? SIGHASH_DEFAULT;
    // The default is said by leaving the byte out, and in no other way.
    if (signature.length === 65 && hashType === SIGHASH_DEFAULT) return "SCHNORR_SIG_HASHTYPE";
    const hash = taprootSighash(this.#context, this.#index, hashType, annex, place);
    if (hash === undefined) return "SCHNORR_SIG_HASHTYPE";
    return this.#isGoodSchnorr(signature.subarray(0, 64), hash, key) ? undefined : "SCHNORR_SIG";
  }

  checkLockTime(lockTime: number): boolean {
    const { locktime } = this.#transaction;
    if (lockTime < LOCKTIME_THRESHOLD !== locktime < LOCKTIME_THRESHOLD) return false;
    // An input that is final would switch the transaction's own lock time off.
    return lockTime <= locktime && this.#input.sequence !== SEQUENCE_FINAL;
  }

  checkSequence(sequence: number): boolean {
    const own = this.#input.sequence;
    if (this.#transaction.version < 2 || (own & SEQUENCE_LOCKTIME_DISABLED) !== 0) return false;
    if ((sequence & SEQUENCE_LOCKTIME_TYPE) !== (own & SEQUENCE_LOCKTIME_TYPE)) return false;
    return (sequence & SEQUENCE_LOCKTIME_MASK) <= (own & SEQUENCE_LOCKTIME_MASK);
  }

  get #transaction(): Transaction {
    return this.#context.transaction;
  }

  get #input(): Input {
    return this.#transaction.inputs[this.#index] as Input;
  }
}
