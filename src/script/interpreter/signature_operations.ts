import { assert } from "../../base/assert.ts";
import { type Bytes, concatBytes, equalBytes } from "../../base/bytes.ts";
import {
  VERIFY_CONST_SCRIPTCODE, VERIFY_DERSIG, VERIFY_DISCOURAGE_UPGRADABLE_PUBKEYTYPE, VERIFY_LOW_S,
  VERIFY_NULLDUMMY, VERIFY_NULLFAIL, VERIFY_STRICTENC, VERIFY_WITNESS_PUBKEYTYPE,
} from "../flags.ts";
import { MULTISIG_KEYS_MAX, SCRIPT_OPERATIONS_MAX } from "../opcodes.ts";
import { pushBytes, ScriptCursor, TRUNCATED } from "../script.ts";
import { hasDefinedHashType, hasLowS, isStrictSignature } from "../signature_encoding.ts";
import { COMPRESSED_KEY_BYTES, UNCOMPRESSED_KEY_BYTES } from "../templates.ts";
import { type ScriptError, ScriptFailure } from "./script_error.ts";
import type { ScriptState, ScriptVersion, SignatureChecker } from "./script_state.ts";

/** What each signature that is checked takes from a tapscript's budget (BIP342). */
const WEIGHT_PER_SIGNATURE = 50;

/** signature key -- valid */
export function checkSig(state: ScriptState): boolean {
  const { stack } = state;
  stack.need(2);
  const isValid = checkOne(state, stack.peek(1), stack.peek(0));
  stack.drop(2);
  return isValid;
}

/** signature number key -- number, plus one if the signature is valid (BIP342) */
export function checkSigAdd(state: ScriptState): void {
  if (state.version !== "tapscript") throw new ScriptFailure("BAD_OPCODE");
  const { stack } = state;
  stack.need(3);
  const count = stack.peekNumber(1);
  const isValid = checkOne(state, stack.peek(2), stack.peek(0));
  stack.drop(3);
  stack.pushNumber(count + Number(isValid));
}

/** dummy signatures... count keys... count -- valid */
export function checkMultisig(state: ScriptState): boolean {
  if (state.version === "tapscript") throw new ScriptFailure("TAPSCRIPT_CHECKMULTISIG");
  const { stack } = state;
  const keyCount = stack.peekNumber(0);
  if (keyCount < 0 || keyCount > MULTISIG_KEYS_MAX) throw new ScriptFailure("PUBKEY_COUNT");
  state.operationCount += keyCount;
  if (state.operationCount > SCRIPT_OPERATIONS_MAX) throw new ScriptFailure("OP_COUNT");
  const signatureCount = stack.peekNumber(keyCount + 1);
  if (signatureCount < 0 || signatureCount > keyCount) throw new ScriptFailure("SIG_COUNT");
  const firstSignature = keyCount + 2;
  // One element more than it has a use for: a mistake of the first program, kept.
  stack.need(firstSignature + signatureCount + 1);
  const keys = stack.peekMany(1, keyCount);
  const signatures = stack.peekMany(firstSignature, signatureCount);
  const isValid = checkAll(state, signatures, keys);
  if (!isValid && state.has(VERIFY_NULLFAIL) && signatures.some(({ length }) => length > 0)) {
    throw new ScriptFailure("SIG_NULLFAIL");
  }
  stack.drop(firstSignature + signatureCount);
  const dummy = stack.pop();
  if (state.has(VERIFY_NULLDUMMY) && dummy.length > 0) throw new ScriptFailure("SIG_NULLDUMMY");
  return isValid;
}

/** Whether each signature belongs to a key, in the same order. Both lists start at the stack's top. */
function checkAll(state: ScriptState, signatures: readonly Bytes[], keys: readonly Bytes[]): boolean {
  const code = scriptCode(state, signatures);
  let next = 0;
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i] as Bytes;
    const signature = signatures[next];
    // More signatures left than keys: the rest is not even looked at.
    if (signature === undefined || signatures.length - next > keys.length - i) break;
    checkEncoding(state, signature, key);
    if (state.checker.checkEcdsa(signature, key, code, state.version)) next++;
  }
  return next === signatures.length;
}

function checkOne(state: ScriptState, signature: Bytes, key: Bytes): boolean {
  if (state.version === "tapscript") return checkInTapscript(state, signature, key);
  return checkSignature(state, signature, key, scriptCode(state, [signature]));
}

/** What a signature before tapscript is held to. */
export interface SignatureRules {
  readonly flags: number;
  readonly version: ScriptVersion;
  readonly checker: SignatureChecker;
}

/** As OP_CHECKSIG does; `code` is what is signed of the script. */
export function checkSignature(rules: SignatureRules, signature: Bytes, key: Bytes, code: Bytes): boolean {
  checkEncoding(rules, signature, key);
  const isValid = rules.checker.checkEcdsa(signature, key, code, rules.version);
  if (!isValid && has(rules, VERIFY_NULLFAIL) && signature.length > 0) {
    throw new ScriptFailure("SIG_NULLFAIL");
  }
  return isValid;
}

/** An empty signature is a valid way of saying no; any other must hold. */
function checkInTapscript(state: ScriptState, signature: Bytes, key: Bytes): boolean {
  const { tapscript, checker, codeSeparatorPosition } = state;
  assert(tapscript !== undefined, "a tapscript has its execution data");
  const isPresent = signature.length > 0;
  if (isPresent) {
    tapscript.weightLeft -= WEIGHT_PER_SIGNATURE;
    if (tapscript.weightLeft < 0) throw new ScriptFailure("TAPSCRIPT_VALIDATION_WEIGHT");
  }
  if (key.length === 0) throw new ScriptFailure("TAPSCRIPT_EMPTY_PUBKEY");
  if (key.length !== 32) {
    // Keys of other lengths are left for later rules, and hold until then.
    if (state.has(VERIFY_DISCOURAGE_UPGRADABLE_PUBKEYTYPE)) {
      throw new ScriptFailure("DISCOURAGE_UPGRADABLE_PUBKEYTYPE");
    }
    return isPresent;
  }
  if (!isPresent) return false;
  const place = { leafHash: tapscript.leafHash, codeSeparatorPosition };
  const error = checker.checkSchnorr(signature, key, tapscript.annex, place);
  if (error !== undefined) throw new ScriptFailure(error);
  return true;
}

/** What is signed of the script; before segwit the signatures themselves are cut out of it. */
function scriptCode(state: ScriptState, signatures: readonly Bytes[]): Bytes {
  let code = state.script.subarray(state.codeStart);
  if (state.version !== "base") return code;
  for (const signature of signatures) {
    const rest = findAndDelete(code, pushBytes(signature));
    if (rest === code) continue;
    if (state.has(VERIFY_CONST_SCRIPTCODE)) throw new ScriptFailure("SIG_FINDANDDELETE");
    code = rest;
  }
  return code;
}

/** `script` without `pattern` wherever an operation starts; `script` itself when there is none. */
function findAndDelete(script: Bytes, pattern: Bytes): Bytes {
  const kept: Bytes[] = [];
  const cursor = new ScriptCursor(script);
  let start = 0;
  do {
    const at = cursor.offset;
    while (startsWith(script, cursor.offset, pattern)) cursor.offset += pattern.length;
    if (cursor.offset === at) continue;
    kept.push(script.subarray(start, at));
    start = cursor.offset;
  } while (cursor.next() && cursor.opcode !== TRUNCATED);
  return start === 0 ? script : concatBytes(...kept, script.subarray(start));
}

function startsWith(script: Bytes, offset: number, pattern: Bytes): boolean {
  const end = offset + pattern.length;
  if (end > script.length || script[offset] !== pattern[0]) return false;
  return equalBytes(script.subarray(offset, end), pattern);
}

function checkEncoding(rules: SignatureRules, signature: Bytes, key: Bytes): void {
  const error = signatureFault(rules, signature) ?? keyFault(rules, key);
  if (error !== undefined) throw new ScriptFailure(error);
}

function signatureFault(rules: SignatureRules, signature: Bytes): ScriptError | undefined {
  if (signature.length === 0) return undefined;
  const needsDer = has(rules, VERIFY_DERSIG | VERIFY_LOW_S | VERIFY_STRICTENC);
  if (needsDer && !isStrictSignature(signature)) return "SIG_DER";
  if (has(rules, VERIFY_LOW_S) && !hasLowS(signature)) return "SIG_HIGH_S";
  if (has(rules, VERIFY_STRICTENC) && !hasDefinedHashType(signature)) return "SIG_HASHTYPE";
  return undefined;
}

function keyFault(rules: SignatureRules, key: Bytes): ScriptError | undefined {
  const isCompressed = key.length === COMPRESSED_KEY_BYTES && (key[0] === 2 || key[0] === 3);
  const isUncompressed = key.length === UNCOMPRESSED_KEY_BYTES && key[0] === 4;
  if (has(rules, VERIFY_STRICTENC) && !isCompressed && !isUncompressed) return "PUBKEYTYPE";
  const mustCompress = has(rules, VERIFY_WITNESS_PUBKEYTYPE) && rules.version === "witness-v0";
  return mustCompress && !isCompressed ? "WITNESS_PUBKEYTYPE" : undefined;
}

function has({ flags }: SignatureRules, flag: number): boolean {
  return (flags & flag) !== 0;
}
