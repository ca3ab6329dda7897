/**
 * The checks that a transaction passes on its way into the mempool, in Bitcoin Core's order
 * (validation.cpp, MemPoolAccept::PreChecks), but for those that look at the pool itself.
 *
 * @module
 */
import { checkSequenceLocks, isFinal } from "../consensus/locktime.ts";
import { type RuleViolation, violation } from "../consensus/rule_violation.ts";
import { checkInputs, checkTransaction } from "../consensus/transaction_rules.ts";
import type { Sats } from "../primitives/amount.ts";
import type { Coin } from "../primitives/coin.ts";
import { SEQUENCE_FINAL, type Transaction } from "../primitives/transaction.ts";
import { STANDARD_VERIFY_FLAGS } from "../script/flags.ts";
import { transactionSigopCost } from "../script/sigops.ts";
import { checkStandardInputs } from "./input_policy.ts";
import { checkBaseSize, checkDustIsUnpaid, checkSigopCost, checkStandard, policyVsize } from "./policy.ts";
import type { RelayPolicy } from "./relay_policy.ts";

/** The tip that a transaction would follow. */
export interface TipView {
  readonly tipHeight: number;
  readonly tipMedianTimePast: number;
  readonly coinbaseMaturity: number;
  /** Median time past of the active block at `height`, for BIP68. */
  medianTimePastAt(height: number): number;
}

/** What a transaction is worth to us. */
export interface Appraisal {
  readonly fee: Sats;
  readonly sigopCost: number;
  /** Virtual bytes by which its fee is judged. */
  readonly vsize: number;
}

/** What can be said of the transaction alone. */
export function checkLoose(
  transaction: Transaction,
  tip: TipView,
  requireStandard: boolean,
  policy: RelayPolicy,
): RuleViolation | undefined {
  return (
    checkTransaction(transaction) ??
    (transaction.isCoinbase ? violation("coinbase") : undefined) ??
    (requireStandard ? checkStandard(transaction, policy) : undefined) ??
    checkBaseSize(transaction) ??
    (isFinalAtTip(transaction, tip) ? undefined : violation("non-final"))
  );
}

function isFinalAtTip(transaction: Transaction, tip: TipView): boolean {
  return isFinal(transaction, tip.tipHeight + 1, tip.tipMedianTimePast);
}

/**
 * What can be said once the coins that it spends are known, one for each input. `delta`: what the
 * operator adds to its fee.
 */
export function appraise(
  transaction: Transaction,
  coins: readonly Coin[],
  tip: TipView,
  requireStandard: boolean,
  { policy, delta }: { readonly policy: RelayPolicy; readonly delta: number },
): Appraisal | RuleViolation {
  if (!passesSequenceLocks(transaction, coins, tip)) return violation("non-BIP68-final");
  const inputs = checkInputs(transaction, coins, tip.tipHeight + 1, tip.coinbaseMaturity);
  if ("rule" in inputs) return inputs;
  const { fee } = inputs;
  const cost = transactionSigopCost(transaction, coins, STANDARD_VERIFY_FLAGS);
  const found = (requireStandard ? checkStandardInputs(transaction, coins) : undefined) ??
    (requireStandard ? checkDustIsUnpaid(transaction, fee, fee + delta, policy) : undefined) ??
    checkSigopCost(cost);
  return found ?? { fee, sigopCost: cost, vsize: policyVsize(transaction, cost, policy.vbytesPerSigop) };
}

function passesSequenceLocks(transaction: Transaction, coins: readonly Coin[], tip: TipView): boolean {
  const heights = coins.map((coin) => coin.height);
  return checkSequenceLocks(transaction, heights, tip.tipHeight + 1, tip.tipMedianTimePast, (height) => {
    return tip.medianTimePastAt(height);
  });
}

/** Whether it could be in the next block, as far as time and height go: what a reorganisation can undo. */
export function isStillMature(transaction: Transaction, coins: readonly Coin[], tip: TipView): boolean {
  const youngest = tip.tipHeight + 1 - tip.coinbaseMaturity;
  const isSpendable = coins.every((coin) => !coin.isCoinbase || coin.height <= youngest);
  return isSpendable && isFinalAtTip(transaction, tip) && passesSequenceLocks(transaction, coins, tip);
}

/** Whether a lower tip could make it premature: it waits for a height or a time, or spends a coinbase. */
export function dependsOnTip({ locktime, version, inputs }: Transaction, coins: readonly Coin[]): boolean {
  const isLocked = locktime !== 0 && inputs.some(({ sequence }) => sequence !== SEQUENCE_FINAL);
  const isRelative = version >= 2 && inputs.some(({ sequence }) => sequence < 0x8000_0000);
  return isLocked || isRelative || coins.some((coin) => coin.isCoinbase);
}
