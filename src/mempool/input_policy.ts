/**
 * What we relay, as far as it depends on the outputs that are spent (Bitcoin Core: policy/policy.cpp,
 * ValidateInputsStandardness and IsWitnessStandard).
 *
 * @module
 */
import { type Bytes, NO_BYTES } from "../base/bytes.ts";
import { type RuleViolation, violation } from "../consensus/rule_violation.ts";
import type { Input, Output, Transaction } from "../primitives/transaction.ts";
import type { Witness } from "../primitives/witness.ts";
import { OP_RESERVED } from "../script/opcodes.ts";
import { operations } from "../script/script.ts";
import { countSigops } from "../script/sigops.ts";
import { classifyScript, isPayToAnchor, isPayToScriptHash, witnessProgram } from "../script/templates.ts";

const REDEEM_SCRIPT_SIGOPS_MAX = 15;
/** BIP54: signature operations outside witnesses, counted where they are executed. */
const LEGACY_SIGOPS_MAX = 2_500;
const WITNESS_SCRIPT_BYTES_MAX = 3_600;
const WITNESS_ITEMS_MAX = 100;
const WITNESS_ITEM_BYTES_MAX = 80;

const ANNEX_TAG = 0x50;
const LEAF_VERSION_MASK = 0xfe;
const TAPSCRIPT_LEAF_VERSION = 0xc0;

/** `spent`: one for each input. `transaction` passed `checkStandard`. */
export function checkStandardInputs(
  { inputs }: Transaction,
  spent: readonly Output[],
): RuleViolation | undefined {
  if (legacySigops(inputs, spent) > LEGACY_SIGOPS_MAX) {
    return nonstandard("non-witness sigops exceed bip54 limit");
  }
  for (const [at, { scriptSig }] of inputs.entries()) {
    const found = inputProblem(scriptSig, (spent[at] as Output).script, at);
    if (found !== undefined) return nonstandard(found);
  }
  const isUsual = inputs.every((input, at) => isStandardWitness(input, (spent[at] as Output).script));
  return isUsual ? undefined : violation("bad-witness-nonstandard");
}

function nonstandard(detail: string): RuleViolation {
  return violation("bad-txns-nonstandard-inputs", detail);
}

function legacySigops(inputs: readonly Input[], spent: readonly Output[]): number {
  let count = 0;
  inputs.forEach(({ scriptSig }, at) => {
    const { script } = spent[at] as Output;
    count += countSigops(scriptSig, true);
    count += countSigops(isPayToScriptHash(script) ? redeemScript(scriptSig) : script, true);
  });
  return count;
}

function inputProblem(scriptSig: Bytes, spent: Bytes, at: number): string | undefined {
  switch (classifyScript(spent).type) {
    case "nonstandard":
      return `input ${at} script unknown`;
    case "witness_unknown":
      return `input ${at} witness program is undefined`;
    case "scripthash":
      return redeemProblem(scriptSig, at);
    default:
      return undefined;
  }
}

function redeemProblem(scriptSig: Bytes, at: number): string | undefined {
  if (hasReservedOpcode(scriptSig)) {
    return `p2sh scriptsig malformed (input ${at}: Opcode missing or not understood)`;
  }
  if (scriptSig.length === 0) return `input ${at} P2SH redeemscript missing`;
  const count = countSigops(redeemScript(scriptSig), true);
  if (count <= REDEEM_SCRIPT_SIGOPS_MAX) return undefined;
  return `p2sh redeemscript sigops exceed limit (input ${at}: ${count} > ${REDEEM_SCRIPT_SIGOPS_MAX})`;
}

/** Whether it spends what asks for a witness, and has none (Bitcoin Core: SpendsNonAnchorWitnessProg). */
export function lacksWitness({ hasWitness, inputs }: Transaction, spent: readonly Output[]): boolean {
  return !hasWitness && inputs.some(({ scriptSig }, at) => {
    const { script } = spent[at] as Output;
    const asking = isPayToScriptHash(script) ? redeemScript(scriptSig) : script;
    return !isPayToAnchor(script) && witnessProgram(asking) !== undefined;
  });
}

/** What a scriptSig of nothing but pushes pushes last. OP_1 to OP_16 leave nothing that could be a script. */
function redeemScript(scriptSig: Bytes): Bytes {
  let last = NO_BYTES;
  for (const { data } of operations(scriptSig)) last = data ?? NO_BYTES;
  return last;
}

/** The one opcode that passes for a push but cannot be executed. */
function hasReservedOpcode(script: Bytes): boolean {
  for (const { opcode } of operations(script)) if (opcode === OP_RESERVED) return true;
  return false;
}

/** Whether the witness is one that its output calls for, and not blown up beyond use. */
function isStandardWitness({ scriptSig, witness }: Input, spent: Bytes): boolean {
  if (witness.length === 0) return true;
  if (isPayToAnchor(spent)) return false;
  const isNested = isPayToScriptHash(spent);
  const found = witnessProgram(isNested ? redeemScript(scriptSig) : spent);
  if (found === undefined) return false;
  if (found.program.length !== 32) return true;
  if (found.version === 0) return isStandardScriptPath(witness);
  return found.version !== 1 || isNested || isStandardTaproot(witness);
}

function isStandardScriptPath(witness: Witness): boolean {
  const items = witness.slice(0, -1);
  const script = witness.at(-1) as Bytes;
  return script.length <= WITNESS_SCRIPT_BYTES_MAX && items.length <= WITNESS_ITEMS_MAX && areShort(items);
}

/** No annex, since none has a meaning yet; short items for tapscript (BIP341, BIP342). */
function isStandardTaproot(witness: Witness): boolean {
  if (witness.length === 1) return true;
  const controlBlock = witness.at(-1) as Bytes;
  if (controlBlock.length === 0 || controlBlock[0] === ANNEX_TAG) return false;
  const isTapscript = ((controlBlock[0] as number) & LEAF_VERSION_MASK) === TAPSCRIPT_LEAF_VERSION;
  return !isTapscript || areShort(witness.slice(0, -2));
}

function areShort(items: readonly Bytes[]): boolean {
  return items.every((item) => item.length <= WITNESS_ITEM_BYTES_MAX);
}
