/**
 * Runs one script on a stack (Bitcoin Core, script/interpreter.cpp, EvalScript).
 *
 * @module
 */
import { type Bytes, equalBytes } from "../../base/bytes.ts";
import { hash160, hash256, ripemd160, sha256 } from "../../crypto/crypto.ts";
import { sha1 } from "../../crypto/sha1.ts";
import {
  VERIFY_CHECKLOCKTIMEVERIFY, VERIFY_CHECKSEQUENCEVERIFY, VERIFY_CONST_SCRIPTCODE,
  VERIFY_DISCOURAGE_UPGRADABLE_NOPS, VERIFY_MINIMALDATA, VERIFY_MINIMALIF,
} from "../flags.ts";
import * as op from "../opcodes.ts";
import { isMinimalPush, ScriptCursor, TRUNCATED } from "../script.ts";
import { numberOperation } from "./number_operations.ts";
import { type ScriptError, ScriptFailure } from "./script_error.ts";
import { isTrue } from "./script_stack.ts";
import type { ScriptState } from "./script_state.ts";
import { checkMultisig, checkSig, checkSigAdd } from "./signature_operations.ts";
import { stackOperation } from "./stack_operations.ts";

/**
 * Lock times may have one byte more than other numbers, since the fields they are held against are
 * unsigned.
 */
const LOCKTIME_BYTES_MAX = 5;
/** A relative lock time with this bit asks for nothing (BIP68). */
const SEQUENCE_LOCKTIME_DISABLED = 0x8000_0000;

/** Removed from the language in 2010 (CVE-2010-5137); they fail a script even where they are not executed. */
const DISABLED: ReadonlySet<number> = new Set([
  op.OP_CAT, op.OP_SUBSTR, op.OP_LEFT, op.OP_RIGHT, op.OP_INVERT, op.OP_AND, op.OP_OR, op.OP_XOR,
  op.OP_2MUL, op.OP_2DIV, op.OP_MUL, op.OP_DIV, op.OP_MOD, op.OP_LSHIFT, op.OP_RSHIFT,
]);

/** Leaves its result on the stack of `state`; `undefined` when the script came to its end. */
export function executeScript(state: ScriptState): ScriptError | undefined {
  try {
    run(state);
    return undefined;
  } catch (error) {
    if (error instanceof ScriptFailure) return error.error;
    throw error;
  }
}

function run(state: ScriptState): void {
  const { script, stack, altStack, conditions } = state;
  const isLimited = state.version !== "tapscript";
  if (isLimited && script.length > op.SCRIPT_BYTES_MAX) throw new ScriptFailure("SCRIPT_SIZE");
  const cursor = new ScriptCursor(script);
  for (let position = 0; cursor.next(); position++) {
    const { opcode } = cursor;
    if (opcode === TRUNCATED) throw new ScriptFailure("BAD_OPCODE");
    const isPush = opcode <= op.OP_PUSHDATA4;
    if (isPush && cursor.data.length > op.SCRIPT_ELEMENT_BYTES_MAX) throw new ScriptFailure("PUSH_SIZE");
    if (isLimited && opcode > op.OP_16 && ++state.operationCount > op.SCRIPT_OPERATIONS_MAX) {
      throw new ScriptFailure("OP_COUNT");
    }
    refuseAnywhere(state, opcode);
    if (conditions.allTrue) {
      if (isPush) push(state, opcode, cursor.data);
      else if (opcode === op.OP_CODESEPARATOR) separateCode(state, cursor.offset, position);
      else operate(state, opcode);
    } else if (opcode >= op.OP_IF && opcode <= op.OP_ENDIF) {
      branch(state, opcode);
    }
    if (stack.size + altStack.length > op.STACK_ELEMENTS_MAX) throw new ScriptFailure("STACK_SIZE");
  }
  if (!conditions.isEmpty) throw new ScriptFailure("UNBALANCED_CONDITIONAL");
}

/** What may not even stand in a branch that is not taken. */
function refuseAnywhere(state: ScriptState, opcode: number): void {
  if (opcode < op.OP_CAT) return;
  if (DISABLED.has(opcode)) throw new ScriptFailure("DISABLED_OPCODE");
  if (opcode === op.OP_CODESEPARATOR && state.version === "base" && state.has(VERIFY_CONST_SCRIPTCODE)) {
    throw new ScriptFailure("OP_CODESEPARATOR");
  }
}

function push(state: ScriptState, opcode: number, data: Bytes): void {
  if (state.has(VERIFY_MINIMALDATA) && !isMinimalPush(opcode, data)) throw new ScriptFailure("MINIMALDATA");
  state.stack.push(data);
}

function separateCode(state: ScriptState, next: number, position: number): void {
  state.codeStart = next;
  state.codeSeparatorPosition = position;
}

function operate(state: ScriptState, opcode: number): void {
  const { stack } = state;
  if (opcode <= op.OP_16) {
    if (opcode === op.OP_RESERVED) throw new ScriptFailure("BAD_OPCODE");
    stack.pushNumber(opcode - op.OP_1 + 1);
  } else if (opcode <= op.OP_RETURN) control(state, opcode);
  else if (opcode <= op.OP_SIZE) stackOperation(opcode, stack, state.altStack);
  else if (opcode <= op.OP_EQUALVERIFY) compare(state, opcode);
  else if (opcode < op.OP_1ADD) throw new ScriptFailure("BAD_OPCODE");
  else if (opcode <= op.OP_WITHIN) numberOperation(opcode, stack);
  else if (opcode <= op.OP_HASH256) stack.push(hashWith(opcode, stack.pop()));
  else if (opcode <= op.OP_CHECKMULTISIGVERIFY) checkSignatures(state, opcode);
  else if (opcode === op.OP_CHECKSIGADD) checkSigAdd(state);
  else expansion(state, opcode);
}

function control(state: ScriptState, opcode: number): void {
  switch (opcode) {
    case op.OP_NOP:
      return;
    case op.OP_IF:
    case op.OP_NOTIF:
    case op.OP_ELSE:
    case op.OP_ENDIF:
      branch(state, opcode);
      return;
    case op.OP_VERIFY:
      if (!state.stack.popBoolean()) throw new ScriptFailure("VERIFY");
      return;
    case op.OP_RETURN:
      throw new ScriptFailure("OP_RETURN");
    default:
      throw new ScriptFailure("BAD_OPCODE");
  }
}

function branch(state: ScriptState, opcode: number): void {
  const { conditions } = state;
  switch (opcode) {
    case op.OP_IF:
    case op.OP_NOTIF:
      // Inside a branch that is not taken nothing is asked for, and nothing taken.
      conditions.push(conditions.allTrue && popCondition(state) === (opcode === op.OP_IF));
      return;
    case op.OP_ELSE:
      if (conditions.isEmpty) throw new ScriptFailure("UNBALANCED_CONDITIONAL");
      conditions.toggleTop();
      return;
    case op.OP_ENDIF:
      if (conditions.isEmpty) throw new ScriptFailure("UNBALANCED_CONDITIONAL");
      conditions.pop();
      return;
    default:
      throw new ScriptFailure("BAD_OPCODE");
  }
}

function popCondition(state: ScriptState): boolean {
  const value = state.stack.pop();
  const isMinimal = value.length === 0 || (value.length === 1 && value[0] === 1);
  if (!isMinimal && state.version === "tapscript") throw new ScriptFailure("TAPSCRIPT_MINIMALIF");
  if (!isMinimal && state.version === "witness-v0" && state.has(VERIFY_MINIMALIF)) {
    throw new ScriptFailure("MINIMALIF");
  }
  return isTrue(value);
}

function compare({ stack }: ScriptState, opcode: number): void {
  if (opcode < op.OP_EQUAL) throw new ScriptFailure("BAD_OPCODE");
  stack.need(2);
  const isEqual = equalBytes(stack.pop(), stack.pop());
  if (opcode === op.OP_EQUAL) stack.pushBoolean(isEqual);
  else if (!isEqual) throw new ScriptFailure("EQUALVERIFY");
}

function hashWith(opcode: number, data: Bytes): Bytes {
  switch (opcode) {
    case op.OP_RIPEMD160:
      return ripemd160(data);
    case op.OP_SHA1:
      return sha1(data);
    case op.OP_SHA256:
      return sha256(data);
    case op.OP_HASH160:
      return hash160(data);
    default:
      return hash256(data);
  }
}

function checkSignatures(state: ScriptState, opcode: number): void {
  switch (opcode) {
    case op.OP_CHECKSIG:
      state.stack.pushBoolean(checkSig(state));
      return;
    case op.OP_CHECKSIGVERIFY:
      if (!checkSig(state)) throw new ScriptFailure("CHECKSIGVERIFY");
      return;
    case op.OP_CHECKMULTISIG:
      state.stack.pushBoolean(checkMultisig(state));
      return;
    default:
      if (!checkMultisig(state)) throw new ScriptFailure("CHECKMULTISIGVERIFY");
  }
}

/** OP_NOP1 to OP_NOP10, two of which have been given a meaning. */
function expansion(state: ScriptState, opcode: number): void {
  if (opcode > op.OP_NOP10) throw new ScriptFailure("BAD_OPCODE");
  if (opcode === op.OP_CHECKLOCKTIMEVERIFY) {
    if (state.has(VERIFY_CHECKLOCKTIMEVERIFY)) checkLockTime(state);
  } else if (opcode === op.OP_CHECKSEQUENCEVERIFY) {
    if (state.has(VERIFY_CHECKSEQUENCEVERIFY)) checkSequence(state);
  } else if (state.has(VERIFY_DISCOURAGE_UPGRADABLE_NOPS)) {
    throw new ScriptFailure("DISCOURAGE_UPGRADABLE_NOPS");
  }
}

/** BIP65. The argument stays on the stack. */
function checkLockTime({ stack, checker }: ScriptState): void {
  const lockTime = stack.peekNumber(0, LOCKTIME_BYTES_MAX);
  if (lockTime < 0) throw new ScriptFailure("NEGATIVE_LOCKTIME");
  if (!checker.checkLockTime(lockTime)) throw new ScriptFailure("UNSATISFIED_LOCKTIME");
}

/** BIP112. The argument stays on the stack. */
function checkSequence({ stack, checker }: ScriptState): void {
  const sequence = stack.peekNumber(0, LOCKTIME_BYTES_MAX);
  if (sequence < 0) throw new ScriptFailure("NEGATIVE_LOCKTIME");
  if ((sequence & SEQUENCE_LOCKTIME_DISABLED) !== 0) return;
  if (!checker.checkSequence(sequence)) throw new ScriptFailure("UNSATISFIED_LOCKTIME");
}
