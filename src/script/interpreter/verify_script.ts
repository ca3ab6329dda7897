/**
 * Whether an input may spend an output (Bitcoin Core, script/interpreter.cpp, VerifyScript).
 *
 * @module
 */
import { assert } from "../../base/assert.ts";
import { type Bytes, equalBytes, NO_BYTES } from "../../base/bytes.ts";
import { countSize } from "../../codec/byte_writer.ts";
import { sha256 } from "../../crypto/crypto.ts";
import {
  VERIFY_CLEANSTACK, VERIFY_DISCOURAGE_OP_SUCCESS, VERIFY_DISCOURAGE_UPGRADABLE_TAPROOT_VERSION,
  VERIFY_DISCOURAGE_UPGRADABLE_WITNESS_PROGRAM, VERIFY_P2SH, VERIFY_SIGPUSHONLY, VERIFY_TAPROOT,
  VERIFY_WITNESS,
} from "../flags.ts";
import { ANNEX_TAG, isSuccessOpcode, SCRIPT_ELEMENT_BYTES_MAX, STACK_ELEMENTS_MAX } from "../opcodes.ts";
import { isPushOnly, pushBytes, ScriptCursor, TRUNCATED } from "../script.ts";
import {
  CONTROL_BASE_BYTES, CONTROL_NODE_BYTES, CONTROL_NODES_MAX, LEAF_VERSION_MASK, tapLeafHash, tapMerkleRoot,
  taprootOutputKey, TAPSCRIPT_LEAF_VERSION,
} from "../taproot.ts";
import {
  ANCHOR_SCRIPT, isPayToScriptHash, payToPublicKeyHash, type WitnessProgram, witnessProgram,
} from "../templates.ts";
import { executeScript } from "./execute_script.ts";
import type { ScriptError } from "./script_error.ts";
import { isTrue } from "./script_stack.ts";
import { ScriptState, type ScriptVersion, type TapscriptExecution } from "./script_state.ts";
import {
  NOT_STANDARD, programSpent, type ScriptSpend, spendKeyHash, spendWitnessKeyHash,
} from "./standard_spends.ts";

type Verdict = ScriptError | undefined;

/** Added to the size of the witness, in bytes, for the budget of a tapscript's signature checks (BIP342). */
const WEIGHT_OFFSET = 50;

/** `undefined` when the output may be spent. */
export function verifyScript(spend: ScriptSpend): Verdict {
  const { flags } = spend;
  assert(!has(flags, VERIFY_CLEANSTACK) || has(flags, VERIFY_WITNESS), "CLEANSTACK goes with WITNESS");
  assert(!has(flags, VERIFY_WITNESS) || has(flags, VERIFY_P2SH), "WITNESS goes with P2SH");
  const found = programSpent(spend);
  if (typeof found === "object") {
    const verdict = spendWitnessKeyHash(spend, found);
    return verdict === NOT_STANDARD ? verifyWitnessProgram(spend, found,
      spend.scriptSig.length > 0) : verdict;
  }
  if (found !== NOT_STANDARD) return found;
  const verdict = spendKeyHash(spend);
  return verdict === NOT_STANDARD ? interpretScript(spend) : verdict;
}

/** As `verifyScript`, by execution alone. */
export function interpretScript(spend: ScriptSpend): Verdict {
  const { scriptSig, script, flags } = spend;
  if (has(flags, VERIFY_SIGPUSHONLY) && !isPushOnly(scriptSig)) return "SIG_PUSHONLY";
  const stack: Bytes[] = [];
  const error = runBase(spend, scriptSig, stack);
  if (error !== undefined) return error;
  const pushed = stack.slice();
  const verdict = runBase(spend, script, stack) ?? endsTrue(stack);
  if (verdict !== undefined) return verdict;
  if (has(flags, VERIFY_WITNESS)) {
    const program = witnessProgram(script);
    if (program !== undefined) return verifyBareWitness(spend, program);
  }
  if (has(flags, VERIFY_P2SH) && isPayToScriptHash(script)) return verifyScriptHash(spend, pushed);
  return endsClean(spend, stack);
}

function verifyBareWitness(spend: ScriptSpend, program: WitnessProgram): Verdict {
  if (spend.scriptSig.length > 0) return "WITNESS_MALLEATED";
  return verifyWitnessProgram(spend, program, false);
}

/** BIP16: the last thing that the scriptSig pushed is itself a script. `stack`: what it pushed. */
function verifyScriptHash(spend: ScriptSpend, stack: Bytes[]): Verdict {
  if (!isPushOnly(spend.scriptSig)) return "SIG_PUSHONLY";
  const redeemScript = stack.pop();
  assert(redeemScript !== undefined, "its hash was compared");
  const verdict = runBase(spend, redeemScript, stack) ?? endsTrue(stack);
  if (verdict !== undefined) return verdict;
  const program = has(spend.flags, VERIFY_WITNESS) ? witnessProgram(redeemScript) : undefined;
  if (program === undefined) return endsClean(spend, stack);
  // Anything else beside the one push could be changed by whoever relays it.
  if (!equalBytes(spend.scriptSig, pushBytes(redeemScript))) return "WITNESS_MALLEATED_P2SH";
  return verifyWitnessProgram(spend, program, true);
}

/** What is asked of a spend without a witness program. */
function endsClean({ flags, witness }: ScriptSpend, stack: readonly Bytes[]): Verdict {
  if (has(flags, VERIFY_CLEANSTACK) && stack.length !== 1) return "CLEANSTACK";
  return has(flags, VERIFY_WITNESS) && witness.length > 0 ? "WITNESS_UNEXPECTED" : undefined;
}

function endsTrue(stack: readonly Bytes[]): Verdict {
  return isTrue(stack.at(-1) ?? NO_BYTES) ? undefined : "EVAL_FALSE";
}

function runBase({ flags, checker }: ScriptSpend, script: Bytes, stack: Bytes[]): Verdict {
  return executeScript(new ScriptState(script, stack, flags, "base", checker));
}

function verifyWitnessProgram(spend: ScriptSpend, found: WitnessProgram, isNested: boolean): Verdict {
  const { version, program } = found;
  if (version === 0) return verifyVersion0(spend, program);
  if (version === 1 && program.length === 32 && !isNested) return verifyTaproot(spend, program);
  if (version === 1 && !isNested && equalBytes(program, ANCHOR_SCRIPT.subarray(2))) return undefined;
  // Other programs are left for later rules, and may be spent by anyone until then.
  return has(spend.flags, VERIFY_DISCOURAGE_UPGRADABLE_WITNESS_PROGRAM)
    ? "DISCOURAGE_UPGRADABLE_WITNESS_PROGRAM"
    : undefined;
}

/** BIP141 */
function verifyVersion0(spend: ScriptSpend, program: Bytes): Verdict {
  const { witness } = spend;
  if (program.length === 20) {
    if (witness.length !== 2) return "WITNESS_PROGRAM_MISMATCH";
    return runWitness(spend, payToPublicKeyHash(program), [...witness], "witness-v0");
  }
  if (program.length !== 32) return "WITNESS_PROGRAM_WRONG_LENGTH";
  const script = witness.at(-1);
  if (script === undefined) return "WITNESS_PROGRAM_WITNESS_EMPTY";
  if (!equalBytes(sha256(script), program)) return "WITNESS_PROGRAM_MISMATCH";
  return runWitness(spend, script, witness.slice(0, -1), "witness-v0");
}

/** BIP341 */
function verifyTaproot(spend: ScriptSpend, outputKey: Bytes): Verdict {
  if (!has(spend.flags, VERIFY_TAPROOT)) return undefined;
  const [first] = spend.witness;
  if (first === undefined) return "WITNESS_PROGRAM_WITNESS_EMPTY";
  if (spend.witness.length === 1) return spend.checker.checkSchnorr(first, outputKey, undefined, undefined);
  const items = [...spend.witness];
  const annex = items.at(-1)?.[0] === ANNEX_TAG ? items.pop() : undefined;
  if (items.length === 1) return spend.checker.checkSchnorr(first, outputKey, annex, undefined);
  const control = items.pop() as Bytes;
  const script = items.pop() as Bytes;
  if (!isControlSize(control.length)) return "TAPROOT_WRONG_CONTROL_SIZE";
  const leafVersion = (control[0] as number) & LEAF_VERSION_MASK;
  const leafHash = tapLeafHash(script, leafVersion);
  if (!commitsTo(outputKey, control, leafHash)) return "WITNESS_PROGRAM_MISMATCH";
  if (leafVersion === TAPSCRIPT_LEAF_VERSION) {
    const weightLeft = witnessSize(spend.witness) + WEIGHT_OFFSET;
    return runTapscript(spend, script, items, { leafHash, annex, weightLeft });
  }
  const isDiscouraged = has(spend.flags, VERIFY_DISCOURAGE_UPGRADABLE_TAPROOT_VERSION);
  return isDiscouraged ? "DISCOURAGE_UPGRADABLE_TAPROOT_VERSION" : undefined;
}

function isControlSize(size: number): boolean {
  const path = size - CONTROL_BASE_BYTES;
  return path >= 0 && path <= CONTROL_NODES_MAX * CONTROL_NODE_BYTES && path % CONTROL_NODE_BYTES === 0;
}

function commitsTo(outputKey: Bytes, control: Bytes, leafHash: Bytes): boolean {
  const internalKey = control.subarray(1, CONTROL_BASE_BYTES);
  const tweaked = taprootOutputKey(internalKey, tapMerkleRoot(control, leafHash));
  if (tweaked === undefined || tweaked.parity !== ((control[0] as number) & 1)) return false;
  return equalBytes(tweaked.key, outputKey);
}

/** BIP342 */
function runTapscript(
  spend: ScriptSpend, script: Bytes, items: Bytes[], tapscript: TapscriptExecution,
): Verdict {
  const cursor = new ScriptCursor(script);
  while (cursor.next()) {
    if (cursor.opcode === TRUNCATED) return "BAD_OPCODE";
    // Such an opcode overrides everything, limits and all.
    if (!isSuccessOpcode(cursor.opcode)) continue;
    return has(spend.flags, VERIFY_DISCOURAGE_OP_SUCCESS) ? "DISCOURAGE_OP_SUCCESS" : undefined;
  }
  if (items.length > STACK_ELEMENTS_MAX) return "STACK_SIZE";
  return runWitness(spend, script, items, "tapscript", tapscript);
}

/** Scripts in witnesses leave exactly one element, which is true. */
function runWitness(
  { flags, checker }: ScriptSpend, script: Bytes, items: Bytes[], version: ScriptVersion,
  tapscript?: TapscriptExecution,
): Verdict {
  if (items.some(({ length }) => length > SCRIPT_ELEMENT_BYTES_MAX)) return "PUSH_SIZE";
  const error = executeScript(new ScriptState(script, items, flags, version, checker, tapscript));
  if (error !== undefined) return error;
  return items.length === 1 ? endsTrue(items) : "CLEANSTACK";
}

/** Bytes that the witness takes in its transaction. */
function witnessSize(witness: readonly Bytes[]): number {
  let size = countSize(witness.length);
  for (const { length } of witness) size += countSize(length) + length;
  return size;
}

function has(flags: number, flag: number): boolean {
  return (flags & flag) !== 0;
}
