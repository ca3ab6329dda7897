/**
 * The spends that nearly all inputs are, judged without running their scripts operation by operation.
 *
 * Each case says no more and no less than the interpreter would of the same bytes; whatever has not
 * exactly the form, down to how it is pushed, is left to it.
 *
 * @module
 */
import { type Bytes, equalBytes } from "../../base/bytes.ts";
import { hash160 } from "../../crypto/crypto.ts";
import { VERIFY_P2SH, VERIFY_WITNESS } from "../flags.ts";
import { OP_PUSHDATA1, SCRIPT_ELEMENT_BYTES_MAX } from "../opcodes.ts";
import {
  isPayToPublicKeyHash, isPayToScriptHash, payToPublicKeyHash, type WitnessProgram, witnessProgram,
} from "../templates.ts";
import { type ScriptError, ScriptFailure } from "./script_error.ts";
import type { SignatureChecker } from "./script_state.ts";
import { isTrue } from "./script_stack.ts";
import { checkSignature, type SignatureRules } from "./signature_operations.ts";

/** An input: what it brings, what it spends, and the rules it is held to. */
export interface ScriptSpend {
  readonly scriptSig: Bytes;
  readonly witness: readonly Bytes[];
  /** Of the output that is spent. */
  readonly script: Bytes;
  /** CLEANSTACK needs WITNESS, and WITNESS needs P2SH. */
  readonly flags: number;
  readonly checker: SignatureChecker;
}

/** The interpreter must decide. */
export const NOT_STANDARD = "not-standard";

const KEY_HASH_BYTES = 20;

/** A witness program that is left to be satisfied, all else being good; or the verdict. */
export type ProgramSpend = WitnessProgram | ScriptError | typeof NOT_STANDARD;

/**
 * What is spent, when that is a witness program, bare or behind a script hash; its witness is not
 * looked at.
 */
export function programSpent({ scriptSig, script, flags }: ScriptSpend): ProgramSpend {
  if ((flags & VERIFY_WITNESS) === 0) return NOT_STANDARD;
  if (scriptSig.length === 0) return programIn(script);
  // Pushed in the one way that is allowed of a program behind a hash.
  if ((flags & VERIFY_P2SH) === 0 || !isPayToScriptHash(script)) return NOT_STANDARD;
  if (pushEnd(scriptSig, 0) !== scriptSig.length) return NOT_STANDARD;
  const redeemScript = scriptSig.subarray(1);
  const found = programIn(redeemScript);
  if (found === NOT_STANDARD) return NOT_STANDARD;
  return isHashAt(script, 2, redeemScript) ? found : "EVAL_FALSE";
}

/** Executed, a program leaves itself on the stack, which must not be zero. */
function programIn(script: Bytes): ProgramSpend {
  const found = witnessProgram(script);
  if (found === undefined) return NOT_STANDARD;
  return isTrue(found.program) ? found : "EVAL_FALSE";
}

/** A witness for the hash of a key (BIP141); `undefined` when it is good. */
export function spendWitnessKeyHash(
  { witness, flags, checker }: ScriptSpend, { version, program }: WitnessProgram,
): ScriptError | typeof NOT_STANDARD | undefined {
  if (version !== 0 || program.length !== KEY_HASH_BYTES) return NOT_STANDARD;
  const [signature, key] = witness;
  if (signature === undefined || key === undefined || witness.length !== 2) return NOT_STANDARD;
  if (Math.max(signature.length, key.length) > SCRIPT_ELEMENT_BYTES_MAX) return NOT_STANDARD;
  if (!equalBytes(hash160(key), program)) return "EQUALVERIFY";
  return judge({ flags, checker, version: "witness-v0" }, signature, key, payToPublicKeyHash(program));
}

/** Pay-to-public-key-hash before segwit; `undefined` when it is good. */
export function spendKeyHash(spend: ScriptSpend): ScriptError | typeof NOT_STANDARD | undefined {
  const { scriptSig, script, witness, flags, checker } = spend;
  if (!isPayToPublicKeyHash(script)) return NOT_STANDARD;
  const split = pushEnd(scriptSig, 0);
  if (pushEnd(scriptSig, split) !== scriptSig.length) return NOT_STANDARD;
  const signature = scriptSig.subarray(1, split);
  const key = scriptSig.subarray(split + 1);
  // It might be the hash itself, which would have to be cut out of what is signed.
  if (signature.length === KEY_HASH_BYTES) return NOT_STANDARD;
  if (!isHashAt(script, 3, key)) return "EQUALVERIFY";
  const error = judge({ flags, checker, version: "base" }, signature, key, script);
  if (error !== undefined) return error;
  return (flags & VERIFY_WITNESS) !== 0 && witness.length > 0 ? "WITNESS_UNEXPECTED" : undefined;
}

function judge(rules: SignatureRules, signature: Bytes, key: Bytes, code: Bytes): ScriptError | undefined {
  try {
    return checkSignature(rules, signature, key, code) ? undefined : "EVAL_FALSE";
  } catch (error) {
    if (error instanceof ScriptFailure) return error.error;
    throw error;
  }
}

/**
 * Where a push of two bytes or more ends that begins at `start`, said by their count alone, which is the
 * shortest way there is; infinity when there is no such push.
 */
function pushEnd(script: Bytes, start: number): number {
  const size = script[start] ?? 0;
  return size >= 2 && size < OP_PUSHDATA1 ? start + 1 + size : Infinity;
}

function isHashAt(script: Bytes, offset: number, data: Bytes): boolean {
  const hash = hash160(data);
  for (let i = 0; i < KEY_HASH_BYTES; i++) if (hash[i] !== script[offset + i]) return false;
  return true;
}
