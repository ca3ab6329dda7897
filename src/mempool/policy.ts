/**
 * What we relay, which is less than what a block may hold (Bitcoin Core: policy/policy.cpp). The
 * reasons are Core's, since RPC clients and tests know them by name.
 *
 * @module
 */
import type { Bytes } from "../base/bytes.ts";
import { countSize } from "../codec/byte_writer.ts";
import { BLOCK_SIGOP_COST_MAX } from "../consensus/limits.ts";
import { type RuleViolation, violation } from "../consensus/rule_violation.ts";
import type { Output, Transaction } from "../primitives/transaction.ts";
import { isPushOnly, isUnspendable } from "../script/script.ts";
import { classifyScript, type ScriptTemplate, witnessProgram } from "../script/templates.ts";
import { feeAt } from "./fee_rate.ts";
import { DEFAULT_RELAY_POLICY, type RelayPolicy } from "./relay_policy.ts";

const VERSION_MIN = 1;
const VERSION_MAX = 3;
const WEIGHT_MAX = 400_000;
/** 15 of 15 keys in P2SH, with a little to spare. */
const SCRIPT_SIG_BYTES_MAX = 1_650;
const MULTISIG_KEYS_MAX = 3;
/** One may be left for a child that spends it in the same package. */
const DUST_OUTPUTS_MAX = 1;
/** Of an input: outpoint, an empty script's length and sequence; and what it takes to sign. */
const INPUT_BYTES = 32 + 4 + 1 + 4;
const SIGNING_BYTES = 107;
/** One more than what can pass for an inner node of a merkle tree (CVE-2017-12842). */
const BASE_BYTES_MIN = 65;
const SIGOP_COST_MAX = BLOCK_SIGOP_COST_MAX / 5;

/** Whether the transaction, without regard to what it spends, is of a usual form. */
export function checkStandard(
  transaction: Transaction,
  policy: RelayPolicy = DEFAULT_RELAY_POLICY,
): RuleViolation | undefined {
  const { version, weight, inputs, outputs } = transaction;
  if (version < VERSION_MIN || version > VERSION_MAX) return violation("version");
  if (weight > WEIGHT_MAX) return violation("tx-size");
  for (const { scriptSig } of inputs) {
    if (scriptSig.length > SCRIPT_SIG_BYTES_MAX) return violation("scriptsig-size");
    if (!isPushOnly(scriptSig)) return violation("scriptsig-not-pushonly");
  }
  return checkOutputForms(outputs, policy) ?? checkDustCount(outputs, policy);
}

function checkOutputForms(
  outputs: readonly Output[],
  { dataCarrierBytesMax, permitBareMultisig }: RelayPolicy,
): RuleViolation | undefined {
  let dataBytesLeft = dataCarrierBytesMax;
  for (const { script } of outputs) {
    const template = classifyScript(script);
    if (!isStandardForm(template)) return violation("scriptpubkey");
    if (template.type === "multisig" && !permitBareMultisig) return violation("bare-multisig");
    if (template.type !== "nulldata") continue;
    dataBytesLeft -= script.length;
    if (dataBytesLeft < 0) return violation("datacarrier");
  }
  return undefined;
}

function isStandardForm(template: ScriptTemplate): boolean {
  if (template.type === "multisig") return template.keys.length <= MULTISIG_KEYS_MAX;
  return template.type !== "nonstandard";
}

function checkDustCount(outputs: readonly Output[], policy: RelayPolicy): RuleViolation | undefined {
  const dust = outputs.filter((output) => isDust(output, policy));
  return dust.length > DUST_OUTPUTS_MAX ? violation("dust") : undefined;
}

/** Dust may only pass unpaid, so that no one gains by mining it alone. */
export function checkDustIsUnpaid(
  transaction: Transaction,
  fee: number,
  modifiedFee: number,
  policy: RelayPolicy = DEFAULT_RELAY_POLICY,
): RuleViolation | undefined {
  if ((fee === 0 && modifiedFee === 0) || !hasDust(transaction, policy)) return undefined;
  return violation("dust", "tx with dust output must be 0-fee");
}

export function hasDust({ outputs }: Transaction, policy: RelayPolicy): boolean {
  return outputs.some((output) => isDust(output, policy));
}

/** Whether the output is worth less than what it costs to spend. */
function isDust(output: Output, { dustFeeRate }: RelayPolicy): boolean {
  return output.value < dustThreshold(output.script, dustFeeRate);
}

/** By default 546 for P2PKH, 294 for P2WPKH, 330 for P2TR; zero for what can never be spent. */
export function dustThreshold(script: Bytes, feeRate = DEFAULT_RELAY_POLICY.dustFeeRate): number {
  if (isUnspendable(script)) return 0;
  const outputBytes = 8 + countSize(script.length) + script.length;
  const signingBytes = witnessProgram(script) === undefined ? SIGNING_BYTES : Math.floor(SIGNING_BYTES / 4);
  return feeAt(feeRate, outputBytes + INPUT_BYTES + signingBytes);
}

/** Held to even where odd forms are let through. */
export function checkBaseSize(transaction: Transaction): RuleViolation | undefined {
  return transaction.baseSize < BASE_BYTES_MIN ? violation("tx-size-small") : undefined;
}

export function checkSigopCost(cost: number): RuleViolation | undefined {
  return cost > SIGOP_COST_MAX ? violation("bad-txns-too-many-sigops", `${cost}`) : undefined;
}

/** Virtual bytes by which fees are judged: a quarter of the weight, or of what the signatures weigh. */
export function policyVsize(
  transaction: Transaction,
  sigopCost: number,
  vbytesPerSigop = DEFAULT_RELAY_POLICY.vbytesPerSigop,
): number {
  // A signature operation costs 4, a virtual byte weighs 4.
  return Math.ceil(Math.max(transaction.weight, sigopCost * vbytesPerSigop) / 4);
}
