/**
 * What a transaction must obey: by itself, and given the coins that it spends.
 *
 * @module
 */
import { assert } from "../base/assert.ts";
import { formatCoins, isMoney, MONEY_MAX, type Sats } from "../primitives/amount.ts";
import type { Coin } from "../primitives/coin.ts";
import { hashKey } from "../primitives/hash.ts";
import {
  type Input,
  isNullOutPoint,
  type Output,
  type Transaction,
  WITNESS_SCALE_FACTOR,
} from "../primitives/transaction.ts";
import { BLOCK_WEIGHT_MAX, COINBASE_SCRIPT_BYTES_MAX, COINBASE_SCRIPT_BYTES_MIN } from "./limits.ts";
import { type RuleViolation, violation } from "./rule_violation.ts";

/** Rules that need nothing but the transaction (Bitcoin Core: consensus/tx_check.cpp, in its order). */
export function checkTransaction(transaction: Transaction): RuleViolation | undefined {
  const { inputs, outputs } = transaction;
  if (inputs.length === 0) return violation("bad-txns-vin-empty");
  if (outputs.length === 0) return violation("bad-txns-vout-empty");
  if (transaction.baseSize * WITNESS_SCALE_FACTOR > BLOCK_WEIGHT_MAX) return violation("bad-txns-oversize");
  return checkOutputValues(outputs) ?? checkPrevouts(transaction);
}

function checkOutputValues(outputs: readonly Output[]): RuleViolation | undefined {
  let total = 0;
  for (const { value } of outputs) {
    if (value < 0) return violation("bad-txns-vout-negative");
    if (value > MONEY_MAX) return violation("bad-txns-vout-toolarge");
    total += value;
    if (total > MONEY_MAX) return violation("bad-txns-txouttotal-toolarge");
  }
  return undefined;
}

function checkPrevouts(transaction: Transaction): RuleViolation | undefined {
  const { inputs } = transaction;
  if (spendsTwice(inputs)) return violation("bad-txns-inputs-duplicate");
  if (transaction.isCoinbase) {
    const length = (inputs[0] as Input).scriptSig.length;
    const fits = length >= COINBASE_SCRIPT_BYTES_MIN && length <= COINBASE_SCRIPT_BYTES_MAX;
    return fits ? undefined : violation("bad-cb-length");
  }
  const spendsNothing = inputs.some(({ prevout }) => isNullOutPoint(prevout));
  return spendsNothing ? violation("bad-txns-prevout-null") : undefined;
}

/** CVE-2018-17144: without this, one coin could be counted for two inputs. */
function spendsTwice(inputs: readonly Input[]): boolean {
  if (inputs.length < 2) return false;
  const seen = new Set<string>();
  for (const { prevout } of inputs) seen.add(`${hashKey(prevout.txid)}${prevout.index}`);
  return seen.size < inputs.length;
}

/** What spending `coins`, one for each input, leaves for the miner. */
export type InputsVerdict = { readonly fee: Sats } | RuleViolation;

/**
 * Maturity and amounts, for a block at `spendHeight` (Bitcoin Core: consensus/tx_verify.cpp,
 * CheckTxInputs). `transaction` passed `checkTransaction`; that its coins exist, the caller knows.
 */
export function checkInputs(
  transaction: Transaction,
  coins: readonly Coin[],
  spendHeight: number,
  maturity: number,
): InputsVerdict {
  assert(coins.length === transaction.inputs.length, "one coin for each input");
  let spent = 0;
  for (const { value, height, isCoinbase } of coins) {
    const depth = spendHeight - height;
    if (isCoinbase && depth < maturity) {
      return violation("bad-txns-premature-spend-of-coinbase", `tried to spend coinbase at depth ${depth}`);
    }
    spent += value;
    if (!isMoney(value) || !isMoney(spent)) return violation("bad-txns-inputvalues-outofrange");
  }
  const made = outputTotal(transaction);
  if (spent < made) {
    const detail = `value in (${shortCoins(spent)}) < value out (${shortCoins(made)})`;
    return violation("bad-txns-in-belowout", detail);
  }
  return { fee: (spent - made) as Sats };
}

/** Sum of all outputs of a transaction that passed `checkTransaction`. */
export function outputTotal({ outputs }: Transaction): Sats {
  let total = 0;
  for (const { value } of outputs) total += value;
  return total as Sats;
}

/** Two decimals at least and no zeros after them, as Bitcoin Core's messages write amounts. */
function shortCoins(value: number): string {
  return formatCoins(value as Sats).replace(/0{1,6}$/, "");
}
