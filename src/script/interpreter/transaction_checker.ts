import type { Bytes } from "../../base/bytes.ts";
import { curve } from "../../crypto/crypto.ts";
import { type Input, SEQUENCE_FINAL, type Transaction } from "../../primitives/transaction.ts";
import { legacySighash } from "../legacy_sighash.ts";
import { segwitSighash } from "../segwit_sighash.ts";
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

/** Answers for one input of a transaction. */
export class TransactionChecker implements SignatureChecker {
  readonly #context: SighashContext;
  readonly #index: number;

  constructor(context: SighashContext, index: number) {
    this.#context = context;
    this.#index = index;
  }

  checkEcdsa(signature: Bytes, key: Bytes, scriptCode: Bytes, version: ScriptVersion): boolean {
    const hashType = signature.at(-1);
    if (hashType === undefined) return false;
    const sighash = version === "base" ? legacySighash : segwitSighash;
    const hash = sighash(this.#context, this.#index, scriptCode, hashType);
    return curve().verifyEcdsa(signature.subarray(0, -1), hash, key);
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
    return curve().verifySchnorr(signature.subarray(0, 64), hash, key) ? undefined : "SCHNORR_SIG";
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
